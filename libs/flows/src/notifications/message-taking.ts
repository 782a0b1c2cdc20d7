import { Injectable } from '@nestjs/common';
import type { TenantTransaction } from '@puente/database';
import { InvalidInputError } from '@puente/integrations';
import { isUuid, uuidv7 } from '@puente/kernel';
import { type NewOperation, OperationLedger } from '@puente/ledger';
import {
  bodyMd5,
  NOTIFICATION_ATTRIBUTE,
  type QueueBinding,
  type QueueMessage,
  textAttribute,
  type Verdict,
} from '@puente/queue';
import { DEFAULT_HANDLER, type Handler, routeTo } from './handler-routing';
import { NotificationContents } from './notification-content';
import { NotificationOperations } from './notification-operations';
import {
  claimMessage,
  insertForeign,
  lockById,
  lockForeign,
  lockMessage,
  markHandled,
  type NotificationRow,
  recordBurial,
} from './notification-rows';
import type { ParsedMessage } from './parse-message';
import { parseMessage } from './parse-message';

const DONE: Verdict = { kind: 'done' };

/** One message on its way through the consumer's transaction. */
interface Taking {
  readonly tx: TenantTransaction;
  readonly message: QueueMessage;
  readonly queue: QueueBinding;
  readonly md5: string;
  /** The notification it belongs to: ours, or the one an earlier delivery made. */
  readonly row: NotificationRow | undefined;
}

/**
 * What becomes of one message (S1.3): the inbox says whether it was taken over before, the handler's row where it goes,
 * and the ledger gets the publish. All of it in the transaction of the caller, after whose commit the message is deleted.
 */
@Injectable()
export class MessageTaking {
  constructor(
    private readonly ledger: OperationLedger,
    private readonly operations: NotificationOperations,
    private readonly contents: NotificationContents,
  ) {}

  async take(
    tx: TenantTransaction,
    message: QueueMessage,
    queue: QueueBinding,
    handlers: ReadonlyMap<string, Handler>,
  ): Promise<Verdict> {
    await lockMessage(tx, queue.queueUrl, message.id);
    const md5 = bodyMd5(message.body);
    const row = (await ours(tx, message, md5)) ?? (await lockForeign(tx, queue.queueUrl, message.id));
    const taking: Taking = { tx, message, queue, md5, row };
    const parsed = parseMessage(message.body);
    if (!parsed.ok) return this.bury(taking, undefined, parsed.reason);
    const handler = routeTo(parsed.value, handlers);
    const id = row?.id ?? uuidv7();
    let publish: NewOperation | undefined;
    try {
      publish = handler.enabled ? this.publish(taking, id, parsed.value, handler) : undefined;
    } catch (error) {
      if (error instanceof InvalidInputError) return this.bury(taking, parsed.value, refusal(error));
      throw error;
    }
    if (!(await claim(taking))) return DONE;
    if (!row) await this.insert(taking, id, parsed.value);
    if (publish) await this.ledger.accept(tx, publish);
    await markHandled(tx, {
      id,
      queueUrl: queue.queueUrl,
      messageId: message.id,
      handlerKind: handler === DEFAULT_HANDLER ? null : handler.kind,
      publishOperationId: publish?.id ?? null,
    });
    return DONE;
  }

  private publish({ queue, message }: Taking, id: string, parsed: ParsedMessage, handler: Handler): NewOperation {
    return this.operations.publish(
      { tenantId: queue.tenantId, notificationId: id, group: groupOf(message) },
      parsed,
      handler,
    );
  }

  private async insert({ tx, message, queue, md5 }: Taking, id: string, parsed: ParsedMessage): Promise<void> {
    const content = await this.contents.seal(tx.tenantId, id, { body: message.body, attributes: message.attributes });
    const { event, topic } = parsed;
    const groupId = groupOf(message);
    const row = { id, tenantId: tx.tenantId, event, topic, content, groupId, bodyMd5: md5, queueUrl: queue.queueUrl };
    await insertForeign(tx, row, message.id);
  }

  /** The consumer moves the message once this is committed; should it die before, the next delivery comes here again. */
  private async bury(taking: Taking, parsed: ParsedMessage | undefined, reason: string): Promise<Verdict> {
    const { tx, message, queue, md5, row } = taking;
    let notificationId = row?.id;
    if (!row && parsed) {
      notificationId = uuidv7();
      await this.insert(taking, notificationId, parsed);
    }
    const burial = { queueUrl: queue.queueUrl, messageId: message.id, bodyMd5: md5, reason, notificationId };
    await recordBurial(tx, uuidv7(), burial);
    return { kind: 'dead', reason };
  }
}

/** The notification the message names, if it is the tenant's and the text is still the same: anybody may write attributes. */
async function ours(tx: TenantTransaction, message: QueueMessage, md5: string): Promise<NotificationRow | undefined> {
  const id = textAttribute(message, NOTIFICATION_ATTRIBUTE);
  if (id === undefined || !isUuid(id)) return undefined;
  const row = await lockById(tx, id);
  return row?.bodyMd5 === md5 ? row : undefined;
}

/**
 * Whether this is the first time. By message, never by its text: tomorrow's identical reminder is another one. Ours also
 * by notification, so that a re-sent one is published once; unless it comes back out of the dead-letter queue unpublished.
 */
async function claim({ tx, row, message, queue }: Taking): Promise<boolean> {
  if (!(await claimMessage(tx, `m:${queue.queueUrl}:${message.id}`))) return false;
  const redriven = row?.deadLetteredAt !== null && row?.publishedAt === null;
  return !row || redriven || claimMessage(tx, `n:${row.id}`);
}

function groupOf(message: QueueMessage): string {
  return message.groupId || 'default';
}

function refusal(error: InvalidInputError): string {
  return error.errors.map(({ path, message }) => `${path}: ${message}`).join('; ');
}
