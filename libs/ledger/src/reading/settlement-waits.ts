import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { DispatchDatabase } from '@puente/database';
import { DatabaseWatch } from '../dispatch/database-watch';
import { LedgerTime } from '../ledger-time';
import { LedgerLog } from '../ledger.log';
import { TooManyWaitsError } from '../ledger.errors';
import { SETTLED_AMONG } from '../sql/read';

/** How often all that is waited for is looked up, in one statement. */
const LOOK_EVERY_MS = 100;

/** How many requests may wait in this process: each is an open connection and a little memory. */
export class WaitLimits {
  constructor(
    readonly inAll = 1_000,
    /** One tenant's clients leave room for the others. */
    readonly perTenant = 100,
  ) {}
}

interface Wait {
  readonly tenantId: string;
  readonly operationId: string;
  readonly end: () => void;
}

/**
 * Requests that wait until an operation is settled, by whichever process (`GET /v1/operations/{id}?waitMs=`). One
 * statement asks for all of them: no notice from the worker that settles, which would cost each commit more than a look
 * now and then costs here.
 */
@Injectable()
export class SettlementWaits implements BeforeApplicationShutdown {
  private readonly waits = new Set<Wait>();
  private readonly watch: DatabaseWatch;
  private looking = false;
  private stopped = false;

  constructor(
    private readonly db: DispatchDatabase,
    private readonly time: LedgerTime,
    private readonly limits: WaitLimits,
    log: LedgerLog,
  ) {
    this.watch = new DatabaseWatch('wait for settlements', time, log);
  }

  /** How many requests wait. */
  get size(): number {
    return this.waits.size;
  }

  /**
   * Resolves when the operation is settled, after `ms`, when `gone` aborts, or when this process stops: read it then, and
   * see. It must be one of the tenant's own.
   *
   * @throws {TooManyWaitsError}
   */
  async settled(tenantId: string, operationId: string, ms: number, gone: AbortSignal): Promise<void> {
    if (ms <= 0 || gone.aborted || this.stopped) return;
    const own = [...this.waits].filter((wait) => wait.tenantId === tenantId).length;
    if (this.waits.size >= this.limits.inAll || own >= this.limits.perTenant) throw new TooManyWaitsError();
    const ended = new AbortController();
    const end = (): void => ended.abort();
    const wait = { tenantId, operationId, end };
    gone.addEventListener('abort', end, { once: true });
    this.waits.add(wait);
    void this.look();
    try {
      await this.time.clock.sleep(ms, ended.signal);
    } finally {
      this.waits.delete(wait);
      gone.removeEventListener('abort', end);
    }
  }

  /** A stopping api answers those who wait with what is known. */
  beforeApplicationShutdown(): void {
    this.stopped = true;
    for (const { end } of this.waits) end();
  }

  /** Runs while somebody waits. */
  private async look(): Promise<void> {
    if (this.looking) return;
    this.looking = true;
    while (this.waits.size > 0) {
      const restMs = await this.lookOnce();
      await this.time.clock.sleep(restMs);
    }
    this.looking = false;
  }

  /** @returns how long to wait before the next look */
  private async lookOnce(): Promise<number> {
    const waits = [...this.waits];
    try {
      const ids = [...new Set(waits.map(({ operationId }) => operationId))];
      const settled = new Set((await this.db.query<{ id: string }>(SETTLED_AMONG, [ids])).map(({ id }) => id));
      for (const wait of waits) if (settled.has(wait.operationId)) wait.end();
      this.watch.answered();
      return LOOK_EVERY_MS;
    } catch (error) {
      return this.watch.failed(error);
    }
  }
}
