import { Injectable } from '@nestjs/common';
import { AppConfigService } from '@puente/config';
import { DispatchDatabase, TenantDatabase } from '@puente/database';
import { firstUuidv7At } from '@puente/kernel';
import { eachTenant } from '@puente/ledger';
import { WebhookLog } from './webhook-log';

const PAGE = 500;
const STEP = 'webhook_payloads';

/** What the last run got to has no payload any more, and need not be looked at. $1 days, $2 days. */
const BOUNDS = `
  SELECT coalesce((SELECT up_to FROM retention_marks WHERE step = '${STEP}'), 'epoch'::timestamptz) AS since,
    puente_now() - make_interval(days => $1) AS "payloadsBefore", puente_now() - make_interval(days => $2) AS "rowsBefore"`;

const MARK = `
  INSERT INTO retention_marks (step, up_to) VALUES ('${STEP}', $1)
  ON CONFLICT (step) DO UPDATE SET up_to = greatest(retention_marks.up_to, excluded.up_to)`;

const EXPIRE = `
  UPDATE webhook_events SET payload = 'null', payload_expired_at = puente_now()
  WHERE tenant_id = $1 AND id = ANY (ARRAY(
    SELECT id FROM webhook_events WHERE tenant_id = $1 AND id >= $2 AND id < $3 AND payload_expired_at IS NULL
    ORDER BY id LIMIT $4)) RETURNING id`;

/** With their deliveries. */
const REMOVE = `
  DELETE FROM webhook_events WHERE tenant_id = $1 AND id = ANY (ARRAY(
    SELECT id FROM webhook_events WHERE tenant_id = $1 AND id < $2 ORDER BY id LIMIT $3)) RETURNING id`;

interface Bounds {
  readonly since: Date;
  readonly payloadsBefore: Date;
  readonly rowsBefore: Date;
}

/**
 * The end of what is old: payloads first, events with their deliveries later, as long as the ledger keeps the like. Page
 * by page, each a commit; whoever is stopped loses nothing, and two at once do no harm.
 */
@Injectable()
export class WebhookRetention {
  constructor(
    private readonly dispatch: DispatchDatabase,
    private readonly database: TenantDatabase,
    private readonly config: AppConfigService,
    private readonly log: WebhookLog,
  ) {}

  /** Never fails. */
  async run(): Promise<void> {
    try {
      const days = [this.config.get('RETENTION_PAYLOAD_DAYS'), this.config.get('RETENTION_ROW_DAYS')];
      const [bounds] = await this.dispatch.query<Bounds>(BOUNDS, days);
      if (!bounds) return;
      for await (const tenantId of eachTenant(this.dispatch)) await this.ofTenant(tenantId, bounds);
      await this.dispatch.query(MARK, [bounds.payloadsBefore]);
    } catch (error) {
      this.log.upkeepFailed('retention', error);
    }
  }

  private async ofTenant(tenantId: string, { since, payloadsBefore, rowsBefore }: Bounds): Promise<void> {
    const [from, expired, removed] = [since, payloadsBefore, rowsBefore].map(firstUuidv7At);
    await this.pages(tenantId, EXPIRE, [tenantId, from, expired, PAGE]);
    await this.pages(tenantId, REMOVE, [tenantId, removed, PAGE]);
  }

  private async pages(tenantId: string, sql: string, params: readonly unknown[]): Promise<void> {
    let done: number;
    do {
      done = (await this.database.run(tenantId, (tx) => tx.query(sql, params))).length;
    } while (done === PAGE);
  }
}
