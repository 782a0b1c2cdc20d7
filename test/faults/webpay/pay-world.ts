import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { comeBack, type PayerReturn, WebpayPayer } from '@puente/providers/webpay/testing';
import { bodyOf, JsonClient } from '../../support/sandbox-client';
import type { SandboxFacts } from '../../support/sandbox-process';
import { until } from '../../support/sandbox-until';
import { quietPort } from '../ledger/quiet-port';
import { World } from '../ledger/world';
import { WorldProcess } from '../ledger/world-process';

/** One request that Webpay carried out. */
export interface WebpayCall {
  readonly operation: string;
  readonly token: string | null;
  readonly status: number;
  readonly begunMs: number;
  readonly endedMs: number;
}

/** What a payer's browser was told about a payment. */
export interface Told {
  readonly token: string;
  readonly state: string;
}

/** Lost answers are looked into within the run, and payers do not wait for ever. */
const ENVIRONMENT = {
  ...{ PAYMENTS_CHECK_MS: '500', PAYMENTS_CHECK_CAP_MS: '2000', PAYMENTS_RETURN_WAIT_MS: '4000' },
  ...{ PAYMENTS_EXPIRE_MS: '1800000', DATABASE_POOL_MAX: '10' },
};

/** Two apis and a worker, and Webpay, which nobody kills and which keeps its own books. */
export class PayWorld {
  readonly told: Told[] = [];
  readonly payer: WebpayPayer;
  private readonly atDeath: (() => Promise<void>)[] = [];

  private constructor(
    readonly world: World,
    private readonly standIns: WorldProcess,
    readonly facts: SandboxFacts,
  ) {
    this.payer = new WebpayPayer(facts.sandboxUrl);
  }

  /** @param build to run instead of dist: one with a planted bug */
  static async create(seed: number, build?: string): Promise<PayWorld> {
    const world = await World.create({
      seed,
      tenants: 0,
      workers: 1,
      mode: 'postgres',
      build,
      environment: ENVIRONMENT,
    });
    try {
      const { PATH, HOME } = process.env;
      const env = {
        ...{ PATH, HOME, FAULT_DATABASE: await world.postgres.queueDatabase(), FAULT_CALLS: callsFile(world) },
        FAULT_PORT: String(await quietPort()),
      };
      const standIns = new WorldProcess({ name: 'webpay', entry: 'webpay.main', dir: world.dir, env });
      const { url, mqtt, smtp } = await standIns.start();
      return new PayWorld(world, standIns, factsOf(world, String(url), String(mqtt), Number(smtp)));
    } catch (error) {
      await world.stop();
      throw error;
    }
  }

  get control(): JsonClient {
    return new JsonClient(this.facts.sandboxUrl);
  }

  fault(order: object): Promise<unknown> {
    return this.control.post('/_sandbox/webpay/faults', order);
  }

  /** A request about this token is at Webpay and waits there. */
  async isHeld(token: string): Promise<void> {
    const held = async (): Promise<boolean> =>
      bodyOf<{ path: string }[]>(await this.control.get('/_sandbox/webpay/held')).some((one) =>
        one.path.includes(token),
      );
    await until(held, { withinMs: 10_000, everyMs: 20, what: `a call about ${token.slice(0, 8)} is held` });
  }

  async release(match?: string): Promise<void> {
    await this.control.post('/_sandbox/webpay/release', match === undefined ? {} : { match });
  }

  /** The browser comes back to one of the apis. A connection that breaks is no answer. @returns the state it was told */
  async comeBack(api: number, back: PayerReturn): Promise<string | undefined> {
    const url = new URL(back.url);
    const at = new URL(this.world.apiUrl(api));
    url.host = at.host;
    try {
      const answer = await comeBack({ ...back, url: url.href });
      const state = new URL(answer.headers.get('location') ?? 'none:').searchParams.get('state');
      await answer.text();
      const token = back.params['token_ws'] ?? back.params['TBK_TOKEN'];
      if (state !== null && token !== undefined) this.told.push({ token, state });
      return state ?? `HTTP ${String(answer.status)}`;
    } catch {
      return undefined;
    }
  }

  /** To be done as soon as the next process is dead. */
  whenDead(then: () => Promise<void>): void {
    this.atDeath.push(then);
  }

  /** kill -9; its leases are over as soon as it is: they last longer than a call may take. */
  async kill(victim: WorldProcess): Promise<void> {
    await victim.whenReady();
    const { pid } = victim;
    victim.kill();
    await until(() => !victim.isReady, { withinMs: 5_000, everyMs: 5, what: `${victim.name} is dead` });
    for (const then of this.atDeath.splice(0)) await then();
    await this.world.postgres.sql(
      `UPDATE operations SET lease_until = puente_now() - interval '1 second' WHERE state = 'running' AND lease_owner LIKE $1`,
      [`%:${String(pid)}:%`],
    );
  }

  /** Moves the database's clock, by which everything is due, once nobody is in the middle of a call. */
  async advance(ms: number): Promise<void> {
    const { postgres } = this.world;
    const busy = `SELECT FROM operations WHERE state = 'running'`;
    const idle = async (): Promise<boolean> => (await postgres.sql(busy)).length === 0;
    await until(idle, { withinMs: 5_000, everyMs: 50, what: 'nothing runs' }).catch(() => undefined);
    await postgres.sql(`UPDATE clock_skew SET skew = skew + $1 * interval '1 ms'`, [ms]);
  }

  calls(): WebpayCall[] {
    const file = callsFile(this.world);
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '');
    return lines.map((line) => JSON.parse(line) as WebpayCall);
  }

  async stop(): Promise<void> {
    await this.standIns.stop();
    await this.world.stop();
  }

  async remove(): Promise<void> {
    await this.standIns.stop();
    await this.world.remove();
  }
}

function callsFile({ dir }: World): string {
  const file = path.join(dir, 'calls.jsonl');
  appendFileSync(file, '');
  return file;
}

function factsOf(world: World, sandboxUrl: string, mqtt: string, smtp: number): SandboxFacts {
  return {
    ...{ apiUrl: world.apiUrl(1), sandboxUrl, tenantId: '', processes: {} },
    keys: { client: '', admin: '', audit: '', platform: world.platformKey },
    notifications: { queueUrl: '', topicArn: '' },
    mqtt: { url: mqtt, username: '', password: '' },
    smtp: { host: '127.0.0.1', port: smtp, mailboxUrl: '' },
  };
}
