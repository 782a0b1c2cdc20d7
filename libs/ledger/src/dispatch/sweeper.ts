import { Injectable } from '@nestjs/common';
import { DispatchDatabase } from '@puente/database';
import { LedgerSettings } from '../ledger-settings';
import { LedgerTime } from '../ledger-time';
import { ANY_QUARANTINED } from '../sql/claim';
import { COUNT_OPEN_LANES, COUNT_PAUSED_LANES } from '../sql/lanes';
import { DEPTHS } from '../sql/read';
import { SWEEP, UNBLOCK, UNBLOCK_ALL, type Unblocked } from '../sql/settle';
import { CRASH_CAP } from '../state-machine';
import { isLive } from '../transitions';
import { DatabaseWatch } from './database-watch';
import { SweepReports, type Swept } from './sweep-reports';
import { WorkHints } from './work-hints';

const MEASURE_EVERY_MS = 15_000;
const KEYS_PER_LOOK = 1_000;
const FIRST_KEY = ['00000000-0000-0000-0000-000000000000', ''] as const;

/**
 * Takes operations from workers that stopped answering, lets order keys whose head is gone move on, and measures. Any
 * number of processes may do it at once.
 */
@Injectable()
export class Sweeper {
  private readonly stopping = new AbortController();
  private readonly watch: DatabaseWatch;
  private finished: Promise<void> | undefined;
  private measuredAtMs = -Infinity;
  private after: readonly [string, string] = FIRST_KEY;

  constructor(
    private readonly db: DispatchDatabase,
    private readonly hints: WorkHints,
    private readonly settings: LedgerSettings,
    private readonly time: LedgerTime,
    private readonly reports: SweepReports,
  ) {
    this.watch = new DatabaseWatch('sweep', time, reports.log);
  }

  start(onQuarantine: (waiting: boolean) => void): void {
    this.finished ??= this.run(onQuarantine);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.finished;
  }

  /** @returns how many operations were taken over */
  async sweep(): Promise<number> {
    const swept = await this.db.query<Swept>(SWEEP, [CRASH_CAP, this.reports.events.consumers]);
    for (const row of swept) this.reports.swept(row);
    const keys = swept.filter(({ order_key, state }) => order_key !== null && !isLive(state));
    const freed = keys.length > 0 ? await this.db.query<Unblocked>(UNBLOCK, [JSON.stringify(keys)]) : [];
    this.hints.due(
      [...swept.filter(({ state }) => isLive(state)), ...freed].map(({ id, tenant_id: tenantId }) => ({
        id,
        tenantId,
      })),
    );
    if (swept.some(({ state }) => !isLive(state))) this.hints.settled();
    return swept.length;
  }

  async unblock(): Promise<void> {
    interface Looked {
      readonly freed: number;
      readonly looked: number;
      readonly last_tenant: string | null;
      readonly last_key: string | null;
    }
    const [row] = await this.db.query<Looked>(UNBLOCK_ALL, [...this.after]);
    const full = row !== undefined && row.looked >= KEYS_PER_LOOK && row.last_tenant !== null && row.last_key !== null;
    this.after = full ? [row.last_tenant, row.last_key] : FIRST_KEY;
    if ((row?.freed ?? 0) > 0) this.hints.look();
  }

  /** How much waits, and what for. */
  async measure(): Promise<void> {
    this.measuredAtMs = this.time.nowMs();
    this.reports.metrics.depths(await this.db.query(DEPTHS));
    this.reports.lanes.paused(await this.db.query(COUNT_PAUSED_LANES));
    this.reports.lanes.open(await this.db.query(COUNT_OPEN_LANES));
  }

  private async run(onQuarantine: (waiting: boolean) => void): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      let waitMs = this.settings.sweepMs * (0.75 + 0.5 * this.time.random.next());
      try {
        if ((await this.sweep()) >= 500) waitMs = 0;
        await this.unblock();
        const [quarantine] = await this.db.query<{ waiting: boolean }>(ANY_QUARANTINED);
        onQuarantine(quarantine?.waiting ?? false);
        if (this.time.nowMs() - this.measuredAtMs >= MEASURE_EVERY_MS) await this.measure();
        this.watch.answered();
      } catch (error) {
        waitMs = this.watch.failed(error);
      }
      await this.time.clock.sleep(waitMs, signal);
    }
  }
}
