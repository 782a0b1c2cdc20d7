import { Injectable } from '@nestjs/common';
import { TenantDatabase, type TenantTransaction } from '@puente/database';
import { type OnUnknown, uuidv7 } from '@puente/kernel';
import { AuditLog, type Origin } from '@puente/tenancy';
import { In } from 'typeorm';
import { HandlerFunctions } from './handler-functions.port';
import { ANY_KIND, DEFAULT_HANDLER, type Handler } from './handler-routing';
import { NotificationHandlerEntity } from './notification-handler.entity';
import { NotificationHandlerNotFoundError, NotificationHandlerUnusableError } from './notifications.errors';
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
    private readonly functions: HandlerFunctions,
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

  /**
   * Registers the handler of a kind, or changes it. Messages that come from now on follow it.
   *
   * @throws {NotificationHandlerUnusableError} it names a function that is not there or has no name at AWS
   */
  put(tenantId: string, kind: string, body: HandlerBody, origin: Origin): Promise<HandlerView> {
    return this.database.run(tenantId, async (tx) => {
      const handlers = tx.manager.getRepository(NotificationHandlerEntity);
      const usual = await this.usualOnUnknown(tx, body);
      const { topicArn, integration, onUnknown = usual, enabled } = body;
      await tx.query(
        `INSERT INTO notification_handlers (id, tenant_id, kind, topic_arn, function, integration, on_unknown, enabled)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (tenant_id, kind) DO UPDATE SET topic_arn = excluded.topic_arn, function = excluded.function,
           integration = excluded.integration, on_unknown = excluded.on_unknown, enabled = excluded.enabled,
           updated_at = now()`,
        [uuidv7(), tenantId, kind, topicArn, body.function, integration, onUnknown, enabled],
      );
      const target = `notification-handler:${kind}`;
      const detail = { function: body.function, onUnknown, enabled };
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

  /** What a lost answer means when the handler does not say; asking for it finds out whether the function can be used. */
  private async usualOnUnknown(tx: TenantTransaction, { function: name }: HandlerBody): Promise<OnUnknown> {
    if (name === null) return DEFAULT_HANDLER.onUnknown;
    const found = (await this.functions.find(tx, [name])).get(name);
    if (!found || 'problem' in found) throw new NotificationHandlerUnusableError(found?.problem ?? name);
    return found.onUnknown;
  }
}

function viewOf(entity: NotificationHandlerEntity): HandlerView {
  const { kind, topicArn, integration, onUnknown, enabled, createdAt, updatedAt } = entity;
  return { kind, topicArn, function: entity.function, integration, onUnknown, enabled, createdAt, updatedAt };
}
