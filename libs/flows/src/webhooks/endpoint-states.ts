import { Injectable } from '@nestjs/common';
import type { TenantTransaction } from '@puente/database';
import { AuditLog, OperatorEvents, type Origin, OwnIntegrations } from '@puente/tenancy';
import { type EndpointRow, saveState } from './endpoint-rows';
import { integrationOf } from './integration-of';
import { JoinedPublishing } from './joined-publishing';
import { WebhookLog } from './webhook-log';

export type DisabledReason = NonNullable<EndpointRow['disabledReason']>;

const SYSTEM: Origin = { actor: 'system:webhooks' };

/**
 * Turning endpoints off and on. A disabled endpoint's integration is inactive: its calls wait on their lane, burn no
 * tries, and go on when it is enabled; events that are published meanwhile are held.
 */
@Injectable()
export class EndpointStates {
  constructor(
    private readonly integrations: OwnIntegrations,
    private readonly publishing: JoinedPublishing,
    private readonly operators: OperatorEvents,
    private readonly audit: AuditLog,
    private readonly log: WebhookLog,
  ) {}

  /** Does nothing to one that is disabled already. */
  async disable(
    tx: TenantTransaction,
    endpoint: Pick<EndpointRow, 'id' | 'url' | 'enabled' | 'failingSince'>,
    reason: DisabledReason,
    origin: Origin = SYSTEM,
  ): Promise<void> {
    if (!endpoint.enabled) return;
    const { tenantId } = tx;
    const target = targetOf(endpoint.id);
    await saveState(tx, endpoint.id, reason);
    await this.integrations.disable(tx, origin, integrationOf(tenantId, endpoint.id));
    const facts = { endpoint_id: endpoint.id, url: endpoint.url, reason };
    const failing = endpoint.failingSince ? { failing_since: endpoint.failingSince.toISOString() } : {};
    const data = { ...facts, ...(reason === 'failing' ? failing : {}) };
    await this.tell(tx, 'endpoint.disabled', data);
    await this.audit.record(tx, { ...origin, action: 'webhook-endpoint.disabled', target, outcome: 'done', detail: { reason } }); // prettier-ignore
    tx.afterCommit(() => this.log.endpointDisabled(tenantId, endpoint.id, reason));
  }

  /** Held events are not sent by this: see DeliveryReplays. */
  async enable(tx: TenantTransaction, endpoint: Pick<EndpointRow, 'id' | 'enabled'>, origin: Origin): Promise<void> {
    if (endpoint.enabled) return;
    await saveState(tx, endpoint.id, null);
    await this.integrations.enable(tx, origin, integrationOf(tx.tenantId, endpoint.id));
    const target = targetOf(endpoint.id);
    await this.audit.record(tx, { ...origin, action: 'webhook-endpoint.enabled', target, outcome: 'done' });
  }

  /**
   * Something operators should hear of, three ways: for whoever asks Puente, as a webhook for who subscribed to it, and
   * as a line of the log with a count (which OperatorEvents writes). Never to the endpoint that it is about: it would be
   * one more delivery that fails there.
   */
  async tell(tx: TenantTransaction, type: OperatorEventType, data: OperatorEventData): Promise<void> {
    const { tenantId } = tx;
    const tell = await this.operators.record(tx, { tenantId, type, subject: targetOf(data.endpoint_id), data });
    tx.afterCommit(tell);
    await this.publishing.publish(tx, [
      { tenantId, type, data: JSON.stringify(data), origin: 'endpoint', exceptTo: data.endpoint_id },
    ]);
  }
}

export type OperatorEventType = 'endpoint.disabled' | 'delivery.exhausted' | 'delivery.recovered';
export type OperatorEventData = Readonly<Record<string, string | number>> & { readonly endpoint_id: string };

/** As the audit trail names it. */
export function targetOf(endpointId: string): string {
  return `webhook-endpoint:${endpointId}`;
}
