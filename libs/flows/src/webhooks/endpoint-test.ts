import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '@puente/database';
import { isUuid } from '@puente/kernel';
import { PRIORITIES } from '@puente/ledger';
import { AuditLog, type Origin } from '@puente/tenancy';
import { findTarget } from './event-rows';
import { targetOf } from './endpoint-states';
import { JoinedPublishing } from './joined-publishing';
import { WebhookEndpointDisabledError, WebhookEndpointNotFoundError } from './webhooks.errors';

export const TEST_TYPE = 'webhook.test';
/** Somebody waits for what comes of it: it is tried for a minute and not for days. */
const PATIENCE_MS = 60_000;

export interface TestSent {
  readonly eventId: string;
  readonly deliveryId: string;
  /** `GET /v1/operations/{id}?waitMs=` waits for what comes of it. */
  readonly operationId: string;
}

/** The test button: a real event, signed and sent like any other, to one endpoint. */
@Injectable()
export class EndpointTest {
  constructor(
    private readonly database: TenantDatabase,
    private readonly publishing: JoinedPublishing,
    private readonly audit: AuditLog,
  ) {}

  /** @throws {WebhookEndpointNotFoundError} {@link WebhookEndpointDisabledError} */
  async send(tenantId: string, endpointId: string, origin: Origin): Promise<TestSent> {
    return this.database.run(tenantId, async (tx) => {
      const target = isUuid(endpointId) ? await findTarget(tx, tenantId, endpointId) : undefined;
      if (!target) throw new WebhookEndpointNotFoundError(endpointId);
      if (!target.enabled) throw new WebhookEndpointDisabledError(endpointId);
      const data = JSON.stringify({ message: 'A test of this endpoint. Nothing happened.' });
      const event = { tenantId, type: TEST_TYPE, data, origin: 'test' } as const;
      const deadlineAt = new Date(Date.now() + PATIENCE_MS);
      const { row, deliveries } = await this.publishing.publishTo(tx, event, target, {
        deadlineAt,
        priority: PRIORITIES.interactive,
      });
      await this.audit.record(tx, { ...origin, action: 'webhook-endpoint.tested', target: targetOf(endpointId), outcome: 'done' }); // prettier-ignore
      const id = deliveries[0]?.id ?? '';
      return { eventId: row.id, deliveryId: id, operationId: id };
    });
  }
}
