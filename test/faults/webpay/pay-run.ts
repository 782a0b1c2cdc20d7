import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bodyOf } from '../../support/sandbox-client';
import { SandboxTenant } from '../../support/sandbox-tenant';
import { until } from '../../support/sandbox-until';
import { ShopTenant } from '../../support/shop-tenant';
import { takesPayments } from '../../support/webpay-account';
import { DOOMED, killCases, type Moment, type Reached, Stage, titled } from './directed-kills';
import { gather, type PayEvidence, unfinished } from './pay-evidence';
import { payVerdicts, type PayVerdict } from './pay-invariants';
import type { Kill, PayPlan } from './pay-plan';
import { PayWorld } from './pay-world';
import { MONEY, Payers } from './payers';

export interface PayReport {
  readonly scenario: 'webpay';
  readonly seed: number;
  readonly payments: number;
  readonly requests: number;
  readonly charges: number;
  readonly states: Readonly<Record<string, number>>;
  readonly calls: number;
  readonly kills: number;
  readonly directed: number;
  readonly attackMs: number;
  readonly healMs: number;
  readonly verdicts: readonly PayVerdict[];
}

interface Case {
  readonly title: string;
  readonly reached: Reached;
}

const CHAOS_TENANTS = 3;
const MOMENTS: readonly Moment[] = ['before', 'after'];
/** Longer than any settling, and than the watch over what was never written down. */
const WATCH_MS = 65_000;
/** Longer than a payment may wait for its payer. */
const EXPIRE_MS = 1_900_000;
/** The database's clock goes on by these, one after the other, as long as something is open. */
const STEPS_MS = [0, 35_000, WATCH_MS, WATCH_MS, EXPIRE_MS, WATCH_MS, WATCH_MS];

/** Payments while the processes that make them are killed: at chosen moments, then at random; then peace, and the questions. */
export class PayRun {
  private kills = 0;

  private constructor(
    private readonly world: PayWorld,
    private readonly plan: PayPlan,
    private readonly say: (line: string) => void,
  ) {}

  /** @param build to run instead of dist: one with a planted bug */
  static async prepare(plan: PayPlan, say: (line: string) => void, build?: string): Promise<PayRun> {
    return new PayRun(await PayWorld.create(plan.seed, build), plan, say);
  }

  get dir(): string {
    return this.world.world.dir;
  }

  async attack(): Promise<PayReport> {
    const startedMs = performance.now();
    const cases = await this.directed();
    this.say(`${String(cases.length)} directed kills after ${seconds(performance.now() - startedMs)}`);
    const surprises = await this.chaos();
    const attackMs = performance.now() - startedMs;
    this.say(`peace after ${seconds(attackMs)}`);
    const open = await this.heal();
    const healMs = performance.now() - startedMs - attackMs;
    const evidence = await gather(this.world, { surprises, open });
    writeFileSync(path.join(this.dir, 'evidence.json'), JSON.stringify(evidence));
    return {
      ...{ scenario: 'webpay', seed: this.plan.seed, directed: cases.length, kills: this.kills },
      ...{ payments: evidence.payments.length, requests: evidence.requests.length },
      ...{ charges: evidence.effects.filter(({ effect }) => effect === 'charge').length, states: statesOf(evidence) },
      calls: evidence.calls.length,
      ...{ attackMs: Math.round(attackMs), healMs: Math.round(healMs) },
      verdicts: [...payVerdicts(evidence), ...cases.map((one) => verdictOf(one, evidence))],
    };
  }

  /** Stops what runs; the data stay when somebody has to look at them. */
  async end({ keepData }: { readonly keepData: boolean }): Promise<void> {
    if (keepData) await this.world.stop();
    else await this.world.remove();
  }

  /** All cases are brought to their moment, and one kill strikes them together. */
  private async directed(): Promise<Case[]> {
    const stages = await Promise.all(killCases.map(async () => new Stage(this.world, await this.tenant())));
    const all: Case[] = [];
    for (const moment of MOMENTS) {
      const cases = await Promise.all(
        killCases.map(async (one, n): Promise<Case | undefined> => {
          const stage = stages[n];
          return stage && { title: titled(one, moment), reached: await one.reach(stage, moment) };
        }),
      );
      await this.kill(DOOMED);
      await this.world.release();
      const reached = cases.filter((one) => one !== undefined);
      await Promise.all(reached.map(async ({ reached: { after } }) => after?.()));
      all.push(...reached);
      await this.world.world.allReady();
    }
    return all;
  }

  /** @returns what payers were told that they must never be */
  private async chaos(): Promise<readonly string[]> {
    const { world, plan } = this;
    const tenants = await Promise.all(Array.from({ length: CHAOS_TENANTS }, () => this.tenant()));
    const shop = await ShopTenant.open(world.facts);
    await shop.sell(1, plan.units);
    for (const { id, buys } of plan.payers) if (buys !== 'payment') await shop.user(id, MONEY);
    for (const fault of plan.faults) await world.fault(fault);
    const payers = new Payers(world, tenants, shop);
    await Promise.all([payers.run(plan.payers), this.strike(plan.kills)]);
    return payers.surprises;
  }

  private async strike(kills: readonly Kill[]): Promise<void> {
    const startedMs = performance.now();
    for (const { atMs, victim } of kills) {
      await sleep(Math.max(0, atMs - (performance.now() - startedMs)));
      const at = this.world.world.processes.findIndex(({ name }) => name === victim);
      await this.kill(at);
    }
  }

  private async kill(process: number): Promise<void> {
    const victim = this.world.world.processes[process];
    if (!victim) throw new Error('There is nobody to kill');
    await this.world.kill(victim);
    this.kills += 1;
  }

  /** Nothing is wrong any more, and time goes on until everything has ended. @returns what has not */
  private async heal(): Promise<readonly string[]> {
    const { world, plan } = this;
    bodyOf(await world.control.delete('/_sandbox/webpay/faults'), 200);
    await world.world.allReady();
    const giveUpAt = performance.now() + plan.healMs;
    let open = await unfinished(world);
    for (let step = 0; open.length > 0 && performance.now() < giveUpAt; step++) {
      await world.advance(STEPS_MS[Math.min(step, STEPS_MS.length - 1)] ?? WATCH_MS);
      const quiet = async (): Promise<boolean> => (open = await unfinished(world)).length === 0;
      await until(quiet, { withinMs: 5_000, everyMs: 250, what: 'everything has ended' }).catch(() => undefined);
    }
    return open;
  }

  private async tenant(): Promise<SandboxTenant> {
    const tenant = await SandboxTenant.create(this.world.facts);
    await takesPayments(tenant, this.world.facts);
    return tenant;
  }
}

function verdictOf({ title, reached }: Case, evidence: PayEvidence): PayVerdict {
  const [id = ''] = title.split(/[, ]/);
  try {
    return { id, name: title.slice(id.length + 2), violations: reached.check(evidence) };
  } catch (error) {
    return { id, name: title, violations: [String(error)] };
  }
}

function statesOf({ payments }: PayEvidence): Readonly<Record<string, number>> {
  const states: Record<string, number> = {};
  for (const { state } of payments) states[state] = (states[state] ?? 0) + 1;
  return states;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
