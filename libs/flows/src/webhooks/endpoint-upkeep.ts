import { Injectable } from '@nestjs/common';
import { DispatchDatabase, TenantDatabase } from '@puente/database';
import { EndpointFailures } from './endpoint-failures';
import { EndpointRemoval } from './endpoint-removal';
import { WebhookEndpoints } from './webhook-endpoints';
import { WebhookLog } from './webhook-log';

/** Endpoints looked at in one pass; the rest in the next one. */
const PAGE = 500;

interface Ref {
  readonly tenantId: string;
  readonly id: string;
}

const ACTIVE = `EXISTS (SELECT FROM tenants t WHERE t.id = tenant_id AND t.status = 'active')`;

const FAILING = `
  SELECT tenant_id AS "tenantId", id FROM webhook_endpoints
  WHERE failing_since IS NOT NULL AND enabled AND ${ACTIVE} ORDER BY failing_since LIMIT $1`;

const EXPIRING = `
  SELECT tenant_id AS "tenantId", id FROM webhook_endpoints
  WHERE keys_expire_at <= puente_now() AND ${ACTIVE} ORDER BY keys_expire_at LIMIT $1`;

/** A call that was in flight when its endpoint was removed may have come back to wait; its lane is paused since then. */
const ORPHANED = `
  SELECT l.tenant_id AS "tenantId", l.lane_key AS id FROM lanes l
  WHERE l.provider = 'webhooks' AND l.paused_by IS NOT NULL AND l.updated_at > puente_now() - interval '1 hour'
    AND NOT EXISTS (SELECT FROM webhook_endpoints e WHERE e.tenant_id = l.tenant_id AND e.id::text = l.lane_key)
  LIMIT $1`;

/** What has to be looked after without anybody asking. A worker does it once a minute; twice at once does no harm. */
@Injectable()
export class EndpointUpkeep {
  constructor(
    private readonly dispatch: DispatchDatabase,
    private readonly database: TenantDatabase,
    private readonly failures: EndpointFailures,
    private readonly endpoints: WebhookEndpoints,
    private readonly removal: EndpointRemoval,
  ) {}

  private readonly log = new WebhookLog();

  /** Never fails; one endpoint does not keep another from its turn. */
  async pass(): Promise<void> {
    await this.each('failing endpoints', FAILING, ({ tenantId, id }) =>
      this.database.run(tenantId, (tx) => this.failures.look(tx, id)),
    );
    await this.each('expired secrets', EXPIRING, ({ tenantId, id }) => this.endpoints.removeExpired(tenantId, id));
    await this.each('removed endpoints', ORPHANED, ({ tenantId, id }) => this.removal.abandon(tenantId, id));
  }

  private async each(what: string, sql: string, work: (ref: Ref) => Promise<void>): Promise<void> {
    try {
      for (const ref of await this.dispatch.query<Ref>(sql, [PAGE]))
        await work(ref).catch((error: unknown) => this.log.upkeepFailed(what, error));
    } catch (error) {
      this.log.upkeepFailed(what, error);
    }
  }
}
