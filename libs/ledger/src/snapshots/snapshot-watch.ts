import { Injectable } from '@nestjs/common';
import { DispatchDatabase } from '@puente/database';
import { DatabaseWatch } from '../dispatch/database-watch';
import { LedgerTime } from '../ledger-time';
import { LedgerLog } from '../ledger.log';
import { SnapshotAges, type SnapshotHolder, type SnapshotRow } from './snapshot-ages';
import { SnapshotReports } from './snapshot-reports';

/** From when on an open transaction is told, in milliseconds; it is looked for three times as often. */
export class SnapshotAlarm {
  constructor(readonly afterMs = 30_000) {}
}

const OLDEST = `SELECT * FROM oldest_snapshots()`;
const SEES_ALL = `SELECT pg_has_role('puente_owner', 'pg_read_all_stats', 'USAGE') AS sees`;

/**
 * Looks for what keeps PostgreSQL from removing dead rows: a forgotten transaction, a backup, a prepared transaction, a
 * replication slot nobody reads. Under a snapshot that stays open claims slow down to a third within minutes (research
 * §4.6), long before anything else shows it.
 */
@Injectable()
export class SnapshotWatch {
  private readonly ages = new SnapshotAges();
  private readonly stopping = new AbortController();
  private readonly watch: DatabaseWatch;
  /** When each holder is told next: once, and again whenever its age has doubled. */
  private told = new Map<string, number>();
  private oldestS = 0;
  private finished: Promise<void> | undefined;

  constructor(
    private readonly db: DispatchDatabase,
    private readonly alarm: SnapshotAlarm,
    private readonly time: LedgerTime,
    private readonly reports: SnapshotReports,
    log: LedgerLog,
  ) {
    this.watch = new DatabaseWatch('look for old snapshots', time, log);
  }

  /** As of the last look, in seconds. */
  get oldestSeconds(): number {
    return this.oldestS;
  }

  start(): void {
    this.finished ??= this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.finished;
  }

  /** @returns who has held one for too long, oldest first */
  async look(): Promise<SnapshotHolder[]> {
    const holders = this.ages.of(await this.db.query<SnapshotRow>(OLDEST), this.time.nowMs());
    const before = this.oldestS;
    this.oldestS = holders[0]?.seconds ?? 0;
    this.reports.measured(this.oldestS);
    const afterS = this.alarm.afterMs / 1_000;
    const old = holders.filter(({ seconds }) => seconds >= afterS);
    this.tell(old);
    if (old.length === 0 && before >= afterS) this.reports.released(before);
    return old;
  }

  private tell(old: readonly SnapshotHolder[]): void {
    const told = new Map<string, number>();
    for (const holder of old) {
      const key = `${holder.kind}/${holder.name}/${String(holder.pid)}`;
      const fromS = this.told.get(key) ?? 0;
      if (holder.seconds >= fromS) this.reports.old(holder);
      told.set(key, holder.seconds >= fromS ? holder.seconds * 2 : fromS);
    }
    this.told = told;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    let asked = false;
    while (!signal.aborted) {
      let waitMs = this.alarm.afterMs / 3;
      try {
        if (!asked) await this.checkSight();
        asked = true;
        await this.look();
        this.watch.answered();
      } catch (error) {
        waitMs = this.watch.failed(error);
      }
      await this.time.clock.sleep(waitMs, signal);
    }
  }

  private async checkSight(): Promise<void> {
    const [row] = await this.db.query<{ sees: boolean }>(SEES_ALL);
    if (row?.sees !== true) this.reports.blind();
  }
}
