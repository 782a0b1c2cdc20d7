import { Injectable } from '@nestjs/common';
import { DispatchDatabase } from '@puente/database';
import { LedgerTime } from '../ledger-time';
import {
  EXPIRE_PAYLOADS,
  LAST_RUN,
  MARK,
  MARK_RUN,
  REMOVE_MARKS,
  REMOVE_OPERATIONS,
  TRY_LOCK,
  UNLOCK,
  WINDOW,
} from '../sql/retention';
import { eachTenant } from './each-tenant';
import { type Batch, PacedBatches } from './paced-batches';
import { RetentionReports, type RetentionStep } from './retention-reports';
import { RetentionSettings } from './retention-settings';

const FIRST_ID = '00000000-0000-0000-0000-000000000000';

interface PageRow extends Batch {
  readonly last_at: string | null;
  readonly last_id: string | null;
  readonly kept_since?: Date | null;
}

/** After which row a page begins. */
type After = readonly [string, string];

/**
 * The end of what is old: inputs and outputs first, whole operations with their tries and keys later, payments last. In
 * small batches with pauses, by one process at a time; whoever is stopped or killed loses nothing but the current batch,
 * and the next run goes on. Nothing that lives, waits for a person, or is named by another row is touched.
 */
@Injectable()
export class Retention {
  constructor(
    private readonly db: DispatchDatabase,
    private readonly settings: RetentionSettings,
    private readonly time: LedgerTime,
    private readonly reports: RetentionReports,
  ) {}

  /** Since when nobody has been through with it; Infinity: never. */
  async lastRunAgeMs(): Promise<number> {
    const [run] = await this.db.query<{ age_s: number; at_s: number }>(LAST_RUN);
    if (run) this.reports.lastRanAt(run.at_s);
    return run ? run.age_s * 1_000 : Infinity;
  }

  /** @returns false when another process is at it, or `signal` ended it early */
  async run(signal: AbortSignal): Promise<boolean> {
    const startedMs = this.time.nowMs();
    const lock = await this.db.connect();
    try {
      const { rows } = await lock.query<{ held: boolean }>(TRY_LOCK);
      if (rows[0]?.held !== true) return false;
      const whole = await this.steps(signal);
      await lock.query(UNLOCK);
      if (!whole) return false;
      await this.db.query(MARK_RUN);
      this.reports.ran(Math.round(this.time.nowMs() - startedMs));
      return true;
    } finally {
      lock.release(true); // with it the lock, however this ended
    }
  }

  private async steps(signal: AbortSignal): Promise<boolean> {
    const { payloadDays, rowDays, paymentDays } = this.settings;
    const paced = new PacedBatches(this.settings, this.time, signal);
    const remove = async (tenant: string, after: After, size: number): Promise<PageRow> =>
      first(await this.db.query<PageRow>(REMOVE_OPERATIONS, [tenant, rowDays, paymentDays, ...after, size]));
    return (
      (await this.expire(paced, 'payloads', payloadDays)) &&
      (await this.expire(paced, 'payment_payloads', paymentDays)) &&
      (await this.overTenants(paced, 'operations', remove)) &&
      (await this.step('marks', async (told) => {
        const batch = async (size: number): Promise<Batch> => {
          const { removed } = first(await this.db.query<{ removed: number }>(REMOVE_MARKS, [rowDays, size]));
          return { looked: removed, removed };
        };
        return (await paced.run(batch, told)).whole;
      }))
    );
  }

  /** What ended before the last run got there has been looked at, except what had to keep its payload then. */
  private async expire(paced: PacedBatches, step: 'payloads' | 'payment_payloads', days: number): Promise<boolean> {
    const { from, before } = first(await this.db.query<{ from: string; before: Date }>(WINDOW, [step, days]));
    let upTo = before;
    const page = async (tenant: string, after: After, size: number): Promise<PageRow> => {
      const params = [tenant, from, before, ...after, size, step === 'payment_payloads'];
      const row = first(await this.db.query<PageRow>(EXPIRE_PAYLOADS, params));
      if (row.kept_since && row.kept_since < upTo) upTo = row.kept_since;
      return row;
    };
    if (!(await this.overTenants(paced, step, page))) return false;
    await this.db.query(MARK, [step, upTo]);
    return true;
  }

  private overTenants(
    paced: PacedBatches,
    step: RetentionStep,
    page: (tenant: string, after: After, size: number) => Promise<PageRow>,
  ): Promise<boolean> {
    return this.step(step, async (told) => {
      for await (const tenant of eachTenant(this.db)) {
        let after: After = ['-infinity', FIRST_ID];
        const batch = async (size: number): Promise<Batch> => {
          const row = await page(tenant, after, size);
          if (row.last_at !== null && row.last_id !== null) after = [row.last_at, row.last_id];
          return row;
        };
        if (!(await paced.run(batch, told)).whole) return false;
      }
      return true;
    });
  }

  private async step(
    step: RetentionStep,
    work: (told: (batch: Batch, size: number) => void) => Promise<boolean>,
  ): Promise<boolean> {
    const startedMs = this.time.nowMs();
    let rows = 0;
    const whole = await work(({ removed }, size) => {
      rows += removed;
      this.reports.progressed(step, { rows: removed, size });
    });
    this.reports.stepEnded(step, { rows, tookMs: Math.round(this.time.nowMs() - startedMs) });
    return whole;
  }
}

function first<T>(rows: readonly T[]): T {
  const [row] = rows;
  if (row === undefined) throw new Error('The statement answers with a row');
  return row;
}
