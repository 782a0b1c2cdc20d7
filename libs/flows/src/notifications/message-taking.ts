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
import { HandlerFunctions } from './handler-functions.port';
import { DEFAULT_HANDLER, type Handler, kindOf, routeTo } from './handler-routing';
import { NotificationContents } from './notification-content';
import { NotificationHandlers } from './notification-handlers';
import { NotificationOperations } from './notification-operations';
import {
  claimInInbox,
  insertForeign,
  lockForMessages,
  lockMessages,
  markHandled,
  type NotificationRow,
  recordBurial,
} from './notification-rows';
import { type Parsed, type ParsedMessage, parseMessage } from './parse-message';

/** One message of a batch and what is known of it. */
interface Seen {
  readonly message: QueueMessage;
  readonly md5: string;
  readonly parsed: Parsed;
  /** The notification it belongs to: ours, or the one an earlier delivery made. */
  readonly row: NotificationRow | undefined;
  /** Of the row, or of the one to be made. */
  readonly id: string;
}

interface Good extends Seen {
  readonly content: ParsedMessage;
  readonly handler: Handler;
  /** To SNS or to a function; undefined when the handler is switched off. */
  readonly publish: NewOperation | undefined;
}

interface Bad extends Seen {
  readonly reason: string;
}

/** Where the messages of a batch can go. */
interface Targets {
  readonly handlers: ReadonlyMap<string, Handler>;
  readonly functions: Awaited<ReturnType<HandlerFunctions['find']>>;
}

/**
 * What becomes of a batch (S1.3): the inbox says which messages were taken over before, the tenant's table where each
 * goes, and the ledger gets the publishes. All of it in the caller's transaction, after whose commit the messages are
 * deleted. A handful of statements for the whole batch, whatever its size.
 */
@Injectable()
export class MessageTaking {
  constructor(
    private readonly ledger: OperationLedger,
    private readonly operations: NotificationOperations,
    private readonly contents: NotificationContents,
    private readonly handlers: NotificationHandlers,
    private readonly functions: HandlerFunctions,
  ) {}

  async takeAll(
    tx: TenantTransaction,
    messages: readonly QueueMessage[],
    queue: QueueBinding,
  ): Promise<readonly Verdict[]> {
    const seen = await this.look(tx, messages, queue);
    const targets = await this.targets(tx, seen);
    const judged = seen.map((one) => this.judge(one, queue, targets));
    const fresh = await claim(tx, judged.filter(isGood), queue);
    const bad = judged.filter(isBad);
    await this.insert(tx, [...fresh, ...bad], queue);
    await this.ledger.acceptAll(
      tx,
      fresh.flatMap(({ publish }) => (publish ? [publish] : [])),
    );
    await markHandled(tx, queue.queueUrl, fresh.map(handlingOf));
    for (const one of bad) await this.bury(tx, one, queue);
    return judged.map((one) => (isBad(one) ? { kind: 'dead', reason: one.reason } : { kind: 'done' }));
  }

  private async look(tx: TenantTransaction, messages: readonly QueueMessage[], queue: QueueBinding): Promise<Seen[]> {
    const messageIds = messages.map(({ id }) => id);
    await lockMessages(tx, queue.queueUrl, messageIds);
    const ids = messages.map(namedNotification).filter((id) => id !== undefined);
    const rows = await lockForMessages(tx, queue.queueUrl, { ids, messageIds });
    return messages.map((message) => {
      const md5 = bodyMd5(message.body);
      const row = rowOf(message, md5, rows);
      return { message, md5, parsed: parseMessage(message.body), row, id: row?.id ?? uuidv7() };
    });
  }

  private async targets(tx: TenantTransaction, seen: readonly Seen[]): Promise<Targets> {
    const kinds = seen.flatMap(({ parsed }) => (parsed.ok ? [kindOf(parsed.value)] : []));
    const handlers = await this.handlers.among(tx, [...new Set(kinds)]);
    const named = [...handlers.values()].flatMap((handler) => handler.function ?? []);
    return { handlers, functions: await this.functions.find(tx, [...new Set(named)]) };
  }

  private judge(seen: Seen, queue: QueueBinding, { handlers, functions }: Targets): Good | Bad {
    const { parsed, message, id } = seen;
    if (!parsed.ok) return { ...seen, reason: parsed.reason };
    const content = parsed.value;
    const handler = routeTo(content, handlers);
    const step = { tenantId: queue.tenantId, notificationId: id, group: groupOf(message) };
    if (!handler.enabled) return { ...seen, content, handler, publish: undefined };
    const target = handler.function === null ? undefined : functions.get(handler.function);
    if (target && 'problem' in target) return { ...seen, reason: target.problem };
    try {
      const publish = target
        ? this.operations.invoke(step, message.body, target, handler)
        : this.operations.publish(step, content, handler);
      return { ...seen, content, handler, publish };
    } catch (error) {
      if (error instanceof InvalidInputError) return { ...seen, reason: refusal(error) };
      throw error;
    }
  }

  /** A notification for each foreign message that can be read; of the others there is only the dead letter. */
  private async insert(tx: TenantTransaction, seen: readonly Seen[], { queueUrl }: QueueBinding): Promise<void> {
    const { tenantId } = tx;
    const rows = seen.flatMap(({ row, parsed, id, md5, message }) => {
      if (row || !parsed.ok) return [];
      const { event, topic } = parsed.value;
      return [
        {
          id,
          tenantId,
          event,
          topic,
          groupId: groupOf(message),
          bodyMd5: md5,
          queueUrl,
          queueMessageId: message.id,
          message,
        },
      ];
    });
    const sealed = rows.map(async ({ message: { body, attributes }, ...row }) => ({
      ...row,
      content: await this.contents.seal(tenantId, row.id, { body, attributes }),
    }));
    await insertForeign(tx, await Promise.all(sealed));
  }

  /** The consumer moves the message once this is committed; should it die before, the next delivery comes here again. */
  private async bury(tx: TenantTransaction, bad: Bad, { queueUrl }: QueueBinding): Promise<void> {
    const { message, md5: md5OfBody, reason, row, parsed, id } = bad;
    const notificationId = row !== undefined || parsed.ok ? id : undefined;
    const burial = { queueUrl, messageId: message.id, bodyMd5: md5OfBody, reason, notificationId };
    await recordBurial(tx, uuidv7(), burial);
  }
}

/**
 * Those that come for the first time. By message, never by its text: tomorrow's identical reminder is another one. Ours
 * also by notification, so that a re-sent one is published once; unless it comes back out of the dead-letter queue.
 */
async function claim(tx: TenantTransaction, good: readonly Good[], { queueUrl }: QueueBinding): Promise<Good[]> {
  const messages = await claimInInbox(
    tx,
    good.map(({ message }) => messageKey(queueUrl, message)),
  );
  const unread = good.filter(({ message }) => messages.delete(messageKey(queueUrl, message)));
  const ours = unread.flatMap(({ row }) => (row && !isRedriven(row) ? [notificationKey(row)] : []));
  const notifications = await claimInInbox(tx, ours);
  return unread.filter(({ row }) => !row || isRedriven(row) || notifications.delete(notificationKey(row)));
}

function messageKey(queueUrl: string, { id }: QueueMessage): string {
  return `m:${queueUrl}:${id}`;
}

function notificationKey({ id }: NotificationRow): string {
  return `n:${id}`;
}

function isRedriven({ deadLetteredAt, publishedAt }: NotificationRow): boolean {
  return deadLetteredAt !== null && publishedAt === null;
}

function namedNotification(message: QueueMessage): string | undefined {
  const id = textAttribute(message, NOTIFICATION_ATTRIBUTE);
  return id !== undefined && isUuid(id) ? id : undefined;
}

/** The one the message names, if its text is still the same: anybody may write attributes. Else the foreign one it made. */
function rowOf(message: QueueMessage, md5: string, rows: readonly NotificationRow[]): NotificationRow | undefined {
  const named = namedNotification(message);
  return (
    rows.find((row) => row.id === named && row.bodyMd5 === md5) ??
    rows.find((row) => row.origin === 'queue' && row.queueMessageId === message.id)
  );
}

function isGood(judged: Good | Bad): judged is Good {
  return 'handler' in judged;
}

function isBad(judged: Good | Bad): judged is Bad {
  return 'reason' in judged;
}

function handlingOf({ id, message, handler, publish }: Good) {
  const handlerKind = handler === DEFAULT_HANDLER ? null : handler.kind;
  const publishOperationId = publish?.id ?? null;
  return { id, messageId: message.id, handlerKind, handlerFunction: handler.function, publishOperationId };
}

function groupOf(message: QueueMessage): string {
  return message.groupId || 'default';
}

function refusal(error: InvalidInputError): string {
  return error.errors.map(({ path, message }) => `${path}: ${message}`).join('; ');
}
