import { Injectable } from '@nestjs/common';
import { AppConfigService } from '@puente/config';
import { DispatchDatabase, TenantDatabase } from '@puente/database';
import { firstUuidv7At, uuidv7Time } from '@puente/kernel';
import { eachTenant } from '@puente/ledger';
import { NotificationLog } from './notification-log';
import { EXPIRE_LETTERS, EXPIRE_NOTIFICATIONS, REMOVE_LETTERS, REMOVE_NOTIFICATIONS } from './retention-rows';

const PAGE = 500;
const STEP = 'notification_texts';

/** Up to where the last run took all texts. $1 days, $2 days. */
const BOUNDS = `
  SELECT coalesce((SELECT up_to FROM retention_marks WHERE step = '${STEP}'), 'epoch'::timestamptz) AS since,
    puente_now() - make_interval(days => $1) AS "textsBefore", puente_now() - make_interval(days => $2) AS "rowsBefore"`;

const MARK = `
  INSERT INTO retention_marks (step, up_to) VALUES ('${STEP}', $1)
  ON CONFLICT (step) DO UPDATE SET up_to = greatest(retention_marks.up_to, excluded.up_to)`;

interface Bounds {
  readonly since: Date;
  readonly textsBefore: Date;
  readonly rowsBefore: Date;
}

interface Page {
  readonly looked: number;
  readonly last: string | null;
  readonly kept: string | null;
}

/**
 * The end of old notifications and dead letters: their texts first, the rows later, as long as the ledger keeps the
 * like, which then can remove their operations. What is under way, waits for a person, or waits for a redrive stays whole.
 * Page by page, each a commit; whoever is stopped loses nothing, and two at once do no harm.
 */
@Injectable()
export class NotificationRetention {
  constructor(
    private readonly dispatch: DispatchDatabase,
    private readonly database: TenantDatabase,
    private readonly config: AppConfigService,
    private readonly log: NotificationLog,
  ) {}

  /** Never fails. */
  async run(): Promise<void> {
    try {
      const days = [this.config.get('RETENTION_PAYLOAD_DAYS'), this.config.get('RETENTION_ROW_DAYS')];
      const [bounds] = await this.dispatch.query<Bounds>(BOUNDS, days);
      if (!bounds) return;
      const [since, textsBefore, rowsBefore] = [bounds.since, bounds.textsBefore, bounds.rowsBefore].map(firstUuidv7At);
      let upTo = textsBefore ?? '';
      for await (const tenantId of eachTenant(this.dispatch)) {
        for (const sql of [EXPIRE_NOTIFICATIONS, EXPIRE_LETTERS]) {
          const kept = await this.expire(tenantId, sql, [since ?? '', textsBefore ?? '']);
          if (kept !== null && kept < upTo) upTo = kept;
        }
        for (const sql of [REMOVE_LETTERS, REMOVE_NOTIFICATIONS]) await this.remove(tenantId, sql, rowsBefore ?? '');
      }
      await this.dispatch.query(MARK, [uuidv7Time(upTo)]);
    } catch (error) {
      this.log.retentionFailed(error);
    }
  }

  /** @returns the first row that had to keep its text: the next run looks from there on */
  private async expire(tenantId: string, sql: string, [from, before]: readonly [string, string]) {
    let after = from;
    let first: string | null = null;
    for (;;) {
      const [page] = await this.database.run(tenantId, (tx) => tx.query<Page>(sql, [tenantId, after, before, PAGE]));
      first ??= page?.kept ?? null;
      if (!page?.last || page.looked < PAGE) return first;
      after = page.last;
    }
  }

  /** Again while it finds something: what names another row goes before that one. */
  private async remove(tenantId: string, sql: string, before: string): Promise<void> {
    let removed: number;
    do {
      removed = (await this.database.run(tenantId, (tx) => tx.query(sql, [tenantId, before, PAGE]))).length;
    } while (removed > 0);
  }
}
