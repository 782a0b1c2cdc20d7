import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../support/sandbox-until';
import type { FaultEvent, FaultKind } from './ledger-plan';
import { INSTALLATION, type World } from './world';
import type { Life, WorldProcess } from './world-process';
import type { Waiting } from './world-queue';

/** A process that was asked to go, and what the ledger said of its tries before and some time after. */
export interface Drained {
  readonly life: Life;
  readonly unknownBefore: number;
}

const JUMP_MS = 30_000;
const DB_BACK_WITHIN_MS = 60_000;

/** Does to the world what the plan says, when it says so. */
export class Nemesis {
  readonly injected: Partial<Record<FaultKind, number>> = {};
  readonly drained: Drained[] = [];
  private readonly lasting: Promise<void>[] = [];
  private readonly frozen = new Set<WorldProcess>();

  constructor(
    private readonly world: World,
    private readonly say: (line: string) => void,
  ) {}

  /** One after the other, at their times, or as soon after as the one before is over. Freezes and refusals last beside. */
  async attack(events: readonly FaultEvent[]): Promise<void> {
    const startedMs = performance.now();
    for (const event of events) {
      await sleep(event.atMs - (performance.now() - startedMs));
      await this.inject(event).catch((error: unknown) => this.say(`${event.kind}: ${String(error)}`));
      this.injected[event.kind] = (this.injected[event.kind] ?? 0) + 1;
    }
    await Promise.all(this.lasting);
  }

  /** Nothing is wrong any more from here on. */
  async heal(): Promise<void> {
    const { postgres, tenants } = this.world;
    await this.world.mood({ calm: true, late: true, refusedTokens: [] });
    await until(() => postgres.sql('SELECT 1'), { withinMs: DB_BACK_WITHIN_MS, what: 'PostgreSQL is back' });
    await this.readOnly(0);
    await postgres.sql(`UPDATE clock_skew SET skew = interval '0' WHERE skew <> interval '0'`);
    await this.world.allReady();
    for (const tenant of tenants)
      await until(() => this.world.verify(tenant), { withinMs: 60_000, everyMs: 200, what: 'credentials verify' });
  }

  private async inject({ kind, victim, forMs }: FaultEvent): Promise<void> {
    const { apis, workers } = this.world;
    switch (kind) {
      case 'kill_worker':
        return kill(at(workers, victim));
      case 'kill_api':
        return kill(at(apis, victim));
      case 'term_worker':
        return this.drain(this.awake(workers, victim), 'worker');
      case 'term_api':
        return this.drain(at(apis, victim), 'api');
      case 'freeze_worker':
        this.lasting.push(this.freeze(at(workers, victim), forMs));
        return;
      case 'refuse_credentials':
        this.lasting.push(this.refuse(victim, forMs));
        return;
      case 'queue_away':
        return this.queueAway(victim, forMs);
      case 'crash_postgres':
        return this.crash(victim % 2 === 0 ? 'immediate' : 'kill', forMs);
      default:
        return this.disturbDatabase(kind, forMs);
    }
  }

  private async disturbDatabase(kind: FaultKind, forMs: number): Promise<void> {
    const { postgres } = this.world;
    const terminate = (which: string): Promise<unknown> =>
      postgres.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'puente' AND pid <> pg_backend_pid()
        AND application_name <> 'fault_witness' AND ${which}`);
    switch (kind) {
      case 'cut_connections':
        await terminate('true');
        return;
      case 'lose_hints':
        await terminate(`query LIKE 'LISTEN%' OR query = 'SELECT 1'`);
        await this.world.queue?.lose();
        return;
      case 'false_hints':
        await this.repeatHints();
        for (let n = 0; n < 40; n++) {
          await postgres.sql(`SELECT pg_notify('puente_due', '')`);
          await sleep(forMs / 40);
        }
        return;
      case 'fill_connections': {
        const release = await postgres.fill();
        await sleep(forMs);
        await release();
        return;
      }
      case 'read_only':
        await this.readOnly(forMs);
        return;
      case 'clock_jump':
        await this.jump(forMs);
        return;
      default:
        throw new Error(`No database has the fault ${kind}`);
    }
  }

  private async repeatHints(): Promise<void> {
    const { postgres, queue } = this.world;
    const waiting = await postgres.sql<Waiting>(
      `SELECT id, tenant_id FROM operations WHERE state IN ('queued', 'unknown', 'running') ORDER BY seq LIMIT 200`,
    );
    await queue?.repeat(waiting, INSTALLATION);
  }

  /** Silent, or gone and back. */
  private async queueAway(victim: number, forMs: number): Promise<void> {
    const { queue } = this.world;
    if (victim % 2 === 0) {
      queue?.process.kill();
      return;
    }
    queue?.process.signal('SIGSTOP');
    await sleep(forMs);
    queue?.process.signal('SIGCONT');
  }

  /** There and back. No effects that come late meanwhile: no wait for them is long enough when time jumps. */
  private async jump(forMs: number): Promise<void> {
    const { postgres } = this.world;
    await this.world.mood({ late: false });
    await sleep(3_000);
    await postgres.sql(`UPDATE clock_skew SET skew = skew + ${String(JUMP_MS)} * interval '1 ms'`);
    await sleep(forMs);
    await postgres.sql(`UPDATE clock_skew SET skew = skew - ${String(JUMP_MS)} * interval '1 ms'`);
    await this.world.mood({ late: true });
  }

  private async readOnly(forMs: number): Promise<void> {
    const { postgres } = this.world;
    const set = async (on: boolean): Promise<void> => {
      await postgres.sql(`ALTER SYSTEM SET default_transaction_read_only = ${on ? 'on' : 'off'}`);
      await postgres.sql('SELECT pg_reload_conf()');
    };
    await set(true);
    await sleep(forMs);
    await set(false);
  }

  private async crash(how: 'immediate' | 'kill', forMs: number): Promise<void> {
    const { postgres } = this.world;
    await postgres.crash(how);
    await sleep(forMs / 2);
    await postgres.start();
  }

  private async freeze(victim: WorldProcess, forMs: number): Promise<void> {
    this.frozen.add(victim);
    victim.signal('SIGSTOP');
    await sleep(forMs);
    victim.signal('SIGCONT');
    this.frozen.delete(victim);
  }

  private async refuse(victim: number, forMs: number): Promise<void> {
    const tenant = at(this.world.tenants, victim);
    await this.world.mood({ refusedTokens: [tenant.token] });
    await sleep(forMs);
    await this.world.mood({ refusedTokens: [] });
    // Somebody mends them as soon as somebody answers; whoever finds nobody leaves it to the healing.
    const mended = { withinMs: 30_000, everyMs: 300, what: `credentials of ${tenant.id} verify` };
    await until(() => this.world.verify(tenant), mended).catch((error: unknown) => this.say(String(error)));
  }

  /** Who sleeps through its leases loses them to that, and not to being asked to go. */
  private awake(processes: readonly WorldProcess[], victim: number): WorldProcess {
    return at(
      processes.filter((each) => !this.frozen.has(each)),
      victim,
    );
  }

  private async drain(victim: WorldProcess, role: 'worker' | 'api'): Promise<void> {
    await victim.whenReady();
    const unknownBefore = await crashesOf(this.world, role, victim.pid);
    const life = await victim.terminate();
    if (life) this.drained.push({ life, unknownBefore });
  }
}

/** Tries that the ledger ended for a process because it no longer answered. */
export async function crashesOf({ postgres }: World, role: 'worker' | 'api', pid: number): Promise<number> {
  const [row] = await postgres.sql<{ n: number }>(
    `SELECT count(*)::int AS n FROM attempts WHERE outcome = 'crash' AND owner LIKE $1`,
    [`${role}:%:${String(pid)}:%`],
  );
  return row?.n ?? 0;
}

async function kill(victim: WorldProcess): Promise<void> {
  await victim.whenReady();
  victim.kill();
}

function at<T>(list: readonly T[], number: number): T {
  const found = list[number % list.length];
  if (found === undefined) throw new Error('There is nobody to strike');
  return found;
}
