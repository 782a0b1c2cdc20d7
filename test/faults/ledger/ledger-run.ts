import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../support/sandbox-until';
import { gather, requestsOf, statesOfStuck, unfinished } from './evidence';
import { JudgedLedger } from './judged';
import type { LedgerPlan } from './ledger-plan';
import {
  type LedgerVerdict,
  type Resolved,
  resolvedOf,
  type Reviews,
  reviewsOf,
  statesOf,
  verdictsOf,
} from './ledger-report';
import { Load } from './load';
import { Nemesis } from './nemesis';
import { World } from './world';

export interface LedgerReport {
  readonly scenario: 'ledger';
  readonly seed: number;
  readonly mode: string;
  readonly operations: number;
  readonly requestsOfClients: number;
  readonly injected: Readonly<Record<string, number>>;
  readonly misbehaved: Readonly<Record<string, number>>;
  readonly deaths: number;
  readonly requests: number;
  readonly effects: number;
  readonly states: Readonly<Record<string, number>>;
  readonly resolved: Resolved;
  readonly reviews: Reviews;
  readonly unknownByDeploys: number;
  readonly drains: number;
  readonly attackMs: number;
  readonly healMs: number;
  readonly verdicts: readonly LedgerVerdict[];
}

/** One world under attack, then peace, then the questions. */
export class LedgerRun {
  private constructor(
    private readonly world: World,
    private readonly plan: LedgerPlan,
    private readonly say: (line: string) => void,
  ) {}

  /** @param build to run instead of dist: one with a planted bug */
  static async prepare(plan: LedgerPlan, say: (line: string) => void, build?: string): Promise<LedgerRun> {
    const { seed, tenants, workers, mode } = plan;
    return new LedgerRun(await World.create({ seed, tenants, workers, mode, build }), plan, say);
  }

  get dir(): string {
    return this.world.dir;
  }

  async attack(): Promise<LedgerReport> {
    const { world, plan } = this;
    const load = new Load(world);
    const nemesis = new Nemesis(world, this.say);
    const startedMs = performance.now();
    await world.mood({ calm: false, script: plan.script });
    const loading = load.run(plan.items);
    await Promise.all([nemesis.attack(plan.events), sleep(plan.attackMs)]);
    const attackMs = performance.now() - startedMs;
    this.say(`peace after ${seconds(attackMs)}; ${String(load.accepted.length)} accepted`);
    await nemesis.heal();
    await Promise.race([loading, this.patience(load)]);
    await this.calm();
    const healMs = performance.now() - startedMs - attackMs;
    return this.report(load, nemesis, { attackMs: Math.round(attackMs), healMs: Math.round(healMs) });
  }

  /** Stops what runs; the data stay when somebody has to look at them. */
  async end({ keepData }: { readonly keepData: boolean }): Promise<void> {
    if (keepData) await this.world.stop();
    else await this.world.remove();
  }

  /** Everything ends within the bound; what did not is said by the invariants, with its name. */
  private async calm(): Promise<void> {
    const { healMs } = this.plan;
    const patience = { withinMs: healMs, everyMs: 250, what: 'everything has ended' };
    try {
      await until(async () => (await unfinished(this.world)) === 0, patience);
    } catch {
      this.say(`stuck after ${seconds(healMs)}: ${JSON.stringify(await statesOfStuck(this.world))}`);
    }
  }

  private async patience(load: Load): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, this.plan.healMs).unref());
    load.stop();
  }

  private async report(
    load: Load,
    nemesis: Nemesis,
    times: Pick<LedgerReport, 'attackMs' | 'healMs'>,
  ): Promise<LedgerReport> {
    const { world } = this;
    const evidence = await gather(world, nemesis.drained, this.plan.leasesHold);
    const tokens = world.tenants.map(({ token }) => token);
    const judged = new JudgedLedger(load.accepted, evidence, load.surprises, tokens);
    writeFileSync(path.join(this.dir, 'evidence.json'), JSON.stringify({ accepted: load.accepted, ...evidence }));
    const account = await world.account();
    return {
      ...{ scenario: 'ledger', seed: this.plan.seed, mode: this.plan.mode, operations: load.accepted.length },
      requestsOfClients: load.accepted.reduce((sum, { requests }) => sum + requests, 0),
      ...{ injected: nemesis.injected, misbehaved: account.misbehaved, requests: account.requests },
      deaths: world.lives.filter(({ ending }) => ending === 'kill' || ending === 'itself').length,
      effects: evidence.effects.length,
      states: statesOf(evidence),
      resolved: resolvedOf(judged),
      reviews: reviewsOf(judged),
      unknownByDeploys: evidence.cutByDeploys.length,
      drains: nemesis.drained.length,
      ...times,
      verdicts: verdictsOf(judged, (ref) => requestsOf(world, ref)),
    };
  }
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
