import { Injectable } from '@nestjs/common';
import type { TenantTransaction } from '@puente/database';
import { type EndpointRow, lockEndpoint, saveFailing } from './endpoint-rows';
import { EndpointStates } from './endpoint-states';
import { WebhookLog } from './webhook-log';

/** After so long without one success an endpoint is disabled. */
export const FAILING_DAYS = 5;
/** The schedule of a delivery, and a little: one that succeeds now was not published earlier. */
const LONGEST_DELIVERY_DAYS = 4;

const SUCCEEDED_SINCE = `
  SELECT FROM webhook_deliveries d JOIN operations o ON o.tenant_id = d.tenant_id AND o.id = d.operation_id
  WHERE d.tenant_id = $1 AND d.endpoint_id = $2 AND d.created_at > $3::timestamptz - make_interval(days => $4)
    AND o.state = 'succeeded' AND o.settled_at > $3
  LIMIT 1`;

/** A lane in trouble: its last call failed. */
const IN_TROUBLE = `
  SELECT FROM lanes WHERE tenant_id = $1 AND provider = 'webhooks' AND lane_key = $2
    AND (failures > 0 OR open_until > puente_now())`;

const FAILED_TOO_LONG = `SELECT puente_now() - $1::timestamptz > make_interval(days => $2) AS "isTooLong"`;

type Failing = Pick<EndpointRow, 'id' | 'url' | 'enabled' | 'failingSince'>;

/** Whether an endpoint fails as a whole: since when nothing has succeeded there, and what follows from that. */
@Injectable()
export class EndpointFailures {
  constructor(
    private readonly states: EndpointStates,
    private readonly log: WebhookLog,
  ) {}

  /** A delivery has ended without success. @param since when it was published; the row is locked */
  async note(tx: TenantTransaction, endpoint: Failing, since: Date): Promise<void> {
    if (!endpoint.enabled) return;
    const failingSince = endpoint.failingSince ?? since;
    if (await this.hasSucceeded(tx, endpoint.id, failingSince)) return this.recovered(tx, endpoint);
    await saveFailing(tx, endpoint.id, failingSince);
    await this.disableAfterDays(tx, { ...endpoint, failingSince });
  }

  /** Looks again at one that was failing. */
  async look(tx: TenantTransaction, endpointId: string): Promise<void> {
    const endpoint = await lockEndpoint(tx, endpointId);
    if (!endpoint?.enabled || endpoint.failingSince === null) return;
    const inTrouble = (await tx.query(IN_TROUBLE, [tx.tenantId, endpointId])).length > 0;
    const tooLong = await this.isTooLong(tx, endpoint.failingSince);
    if (inTrouble && !tooLong) return;
    if (await this.hasSucceeded(tx, endpointId, endpoint.failingSince)) return this.recovered(tx, endpoint);
    await this.disableAfterDays(tx, endpoint);
  }

  private async recovered(tx: TenantTransaction, { id, url, failingSince }: Failing): Promise<void> {
    if (failingSince === null) return;
    await saveFailing(tx, id, null);
    const facts = { endpoint_id: id, url, failing_since: failingSince.toISOString() };
    await this.states.tell(tx, 'delivery.recovered', facts);
    tx.afterCommit(() => this.log.endpointRecovered(tx.tenantId, id));
  }

  private async disableAfterDays(tx: TenantTransaction, endpoint: Failing): Promise<void> {
    if (endpoint.failingSince !== null && (await this.isTooLong(tx, endpoint.failingSince)))
      await this.states.disable(tx, endpoint, 'failing');
  }

  private async isTooLong(tx: TenantTransaction, since: Date): Promise<boolean> {
    const [row] = await tx.query<{ isTooLong: boolean }>(FAILED_TOO_LONG, [since, FAILING_DAYS]);
    return row?.isTooLong === true;
  }

  private async hasSucceeded(tx: TenantTransaction, endpointId: string, since: Date): Promise<boolean> {
    return (await tx.query(SUCCEEDED_SINCE, [tx.tenantId, endpointId, since, LONGEST_DELIVERY_DAYS])).length > 0;
  }
}
