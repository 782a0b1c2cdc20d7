import { Injectable } from '@nestjs/common';
import { TenantDatabase, type TenantTransaction } from '@puente/database';
import { uuidv7 } from '@puente/kernel';
import { AuditLog, type Origin } from '@puente/tenancy';
import { In } from 'typeorm';
import { ANY_KIND, type Handler } from './handler-routing';
import { NotificationHandlerEntity } from './notification-handler.entity';
import { NotificationHandlerNotFoundError } from './notifications.errors';
import type { HandlerBody } from './notifications.schemas';

export interface HandlerView extends Handler {
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The tenant's table of kinds and what is done with each (S1.3). */
@Injectable()
export class NotificationHandlers {
  constructor(
    private readonly database: TenantDatabase,
    private readonly audit: AuditLog,
  ) {}

  /** By kind, all of them: a tenant has dozens at most. */
  async list(tenantId: string): Promise<HandlerView[]> {
    const found = await this.database.run(tenantId, (tx) =>
      tx.manager.getRepository(NotificationHandlerEntity).find({ where: { tenantId }, order: { kind: 'ASC' } }),
    );
    return found.map(viewOf);
  }

  /** @throws {NotificationHandlerNotFoundError} */
  async get(tenantId: string, kind: string): Promise<HandlerView> {
    const found = await this.database.run(tenantId, (tx) =>
      tx.manager.getRepository(NotificationHandlerEntity).findOneBy({ tenantId, kind }),
    );
    if (!found) throw new NotificationHandlerNotFoundError(kind);
    return viewOf(found);
  }

  /** Registers the handler of a kind, or changes it. Messages that come from now on follow it. */
  put(tenantId: string, kind: string, body: HandlerBody, origin: Origin): Promise<HandlerView> {
    return this.database.run(tenantId, async (tx) => {
      const handlers = tx.manager.getRepository(NotificationHandlerEntity);
      await tx.query(
        `INSERT INTO notification_handlers (id, tenant_id, kind, topic_arn, integration, on_unknown, enabled)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (tenant_id, kind) DO UPDATE SET topic_arn = excluded.topic_arn, integration = excluded.integration,
           on_unknown = excluded.on_unknown, enabled = excluded.enabled, updated_at = now()`,
        [uuidv7(), tenantId, kind, body.topicArn, body.integration, body.onUnknown, body.enabled],
      );
      const target = `notification-handler:${kind}`;
      const detail = { onUnknown: body.onUnknown, enabled: body.enabled };
      await this.audit.record(tx, { ...origin, action: 'notification-handler.put', target, outcome: 'done', detail });
      return viewOf(await handlers.findOneByOrFail({ tenantId, kind }));
    });
  }

  /** @throws {NotificationHandlerNotFoundError} */
  async remove(tenantId: string, kind: string, origin: Origin): Promise<void> {
    await this.database.run(tenantId, async (tx) => {
      const deleted = await tx.manager.getRepository(NotificationHandlerEntity).delete({ tenantId, kind });
      if (!deleted.affected) throw new NotificationHandlerNotFoundError(kind);
      const target = `notification-handler:${kind}`;
      await this.audit.record(tx, { ...origin, action: 'notification-handler.removed', target, outcome: 'done' });
    });
  }

  /** The handlers that messages of these kinds could go to, in the consumer's transaction. */
  async among(tx: TenantTransaction, kinds: readonly string[]): Promise<ReadonlyMap<string, Handler>> {
    const found = await tx.manager
      .getRepository(NotificationHandlerEntity)
      .findBy({ tenantId: tx.tenantId, kind: In([...kinds, ANY_KIND]) });
    return new Map(found.map((handler) => [handler.kind, handler]));
  }
}

function viewOf(entity: NotificationHandlerEntity): HandlerView {
  const { kind, topicArn, integration, onUnknown, enabled, createdAt, updatedAt } = entity;
  return { kind, topicArn, integration, onUnknown, enabled, createdAt, updatedAt };
}
