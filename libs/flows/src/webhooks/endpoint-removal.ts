import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '@puente/database';
import { isUuid } from '@puente/kernel';
import { TenantOperations } from '@puente/ledger';
import { AuditLog, type Origin } from '@puente/tenancy';
import { deleteEndpoint, lockEndpoint } from './endpoint-rows';
import { targetOf } from './endpoint-states';
import { EndpointStore } from './endpoint-store';
import { WebhookEndpointNotFoundError } from './webhooks.errors';

/** The end of an endpoint: its secrets are erased, and nothing waits for it any more. */
@Injectable()
export class EndpointRemoval {
  constructor(
    private readonly database: TenantDatabase,
    private readonly store: EndpointStore,
    private readonly operations: TenantOperations,
    private readonly audit: AuditLog,
  ) {}

  /** What was delivered to it stays, to be seen with the events. @throws {WebhookEndpointNotFoundError} */
  async remove(tenantId: string, id: string, origin: Origin): Promise<void> {
    await this.database.run(tenantId, async (tx) => {
      if (!isUuid(id) || !(await lockEndpoint(tx, id))) throw new WebhookEndpointNotFoundError(id);
      await this.store.remove(tx, origin, id);
      await deleteEndpoint(tx, id);
      await this.audit.record(tx, { ...origin, action: 'webhook-endpoint.removed', target: targetOf(id), outcome: 'done' }); // prettier-ignore
    });
    await this.abandon(tenantId, id);
  }

  /** Ends what waited, page by page; again later, for calls that were in flight meanwhile. */
  async abandon(tenantId: string, id: string): Promise<void> {
    let ended: number;
    do {
      ended = await this.database.run(tenantId, (tx) => this.operations.abandonIntegration(tx, 'webhooks', id));
    } while (ended > 0);
  }
}
