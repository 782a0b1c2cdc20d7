import { Injectable } from '@nestjs/common';
import { AppConfigService } from '@puente/config';
import { DispatchDatabase, TenantDatabase } from '@puente/database';
import { PaymentLog } from './payment-log';

const PAGE = 500;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

const TENANTS = `SELECT id FROM tenants WHERE id > $1 ORDER BY id LIMIT 500`;

/** With their refunds and history. What nobody has decided is kept, however old. Ids begin with their time. */
const REMOVE = `
  DELETE FROM payments WHERE tenant_id = $1 AND id = ANY (ARRAY(
    SELECT id FROM payments p WHERE p.tenant_id = $1 AND p.created_at < puente_now() - make_interval(days => $2)
      AND p.review IS NULL AND p.state NOT IN ('committing', 'unknown')
      AND NOT EXISTS (SELECT FROM payment_refunds r WHERE r.tenant_id = $1 AND r.payment_id = p.id AND r.state IN ('requested', 'unknown'))
    ORDER BY p.id LIMIT $3)) RETURNING id`;

/** The end of old payments: 5 years, as long as books are kept and the ledger keeps their operations. */
@Injectable()
export class PaymentRetention {
  constructor(
    private readonly dispatch: DispatchDatabase,
    private readonly database: TenantDatabase,
    private readonly config: AppConfigService,
    private readonly log: PaymentLog,
  ) {}

  /** Never fails. Page by page, each a commit. */
  async run(): Promise<void> {
    try {
      for (let after = FIRST_ID; ;) {
        const tenants: { id: string }[] = await this.dispatch.query(TENANTS, [after]);
        for (const { id } of tenants) await this.ofTenant(id);
        const last = tenants.at(-1);
        if (!last) return;
        after = last.id;
      }
    } catch (error) {
      this.log.passFailed('retention', error);
    }
  }

  private async ofTenant(tenantId: string): Promise<void> {
    const days = this.config.get('RETENTION_PAYMENT_DAYS');
    let removed: number;
    do {
      removed = (await this.database.run(tenantId, (tx) => tx.query(REMOVE, [tenantId, days, PAGE]))).length;
    } while (removed === PAGE);
  }
}
