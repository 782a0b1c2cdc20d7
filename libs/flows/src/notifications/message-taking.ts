import { Injectable } from '@nestjs/common';
import type { TenantTransaction } from '@puente/database';
import { InvalidInputError } from '@puente/integrations';
import { uuidv7 } from '@puente/kernel';
import { type NewOperation, OperationLedger } from '@puente/ledger';
import type { QueueBinding, QueueMessage, Verdict } from '@puente/queue';
import { type Burial, markTaken, recordBurials } from './dead-letters/dead-letter-rows';
import { HandlerFunctions } from './handler-functions.port';
import { DEFAULT_HANDLER, type Handler, kindOf, routeTo } from './handler-routing';
import { look, type Seen } from './message-seen';
import { NotificationContents } from './notification-content';
import { NotificationHandlers } from './notification-handlers';
import { NotificationOperations } from './notification-operations';
import { claimInInbox, insertForeign, markHandled, type NotificationRow } from './notification-rows';
import type { ParsedMessage } from './parse-message';

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
    const seen = await look(tx, messages, queue);
    const useful = seen.filter(({ spent }) => !spent);
    const targets = await this.targets(tx, useful);
    const judged = new Map(useful.map((one) => [one.message, this.judge(one, queue, targets)]));
    const [good, bad] = [[...judged.values()].filter(isGood), [...judged.values()].filter(isBad)];
    const fresh = await claim(tx, good, queue);
    await this.insert(tx, [...fresh, ...bad], queue);
    await this.ledger.acceptAll(
      tx,
      fresh.flatMap(({ publish }) => (publish ? [publish] : [])),
    );
    await markHandled(tx, queue.queueUrl, fresh.map(handlingOf));
    await recordBurials(tx, await Promise.all(bad.map((one) => this.burialOf(one, queue))));
    await markTaken(tx, [...judged.values()].flatMap(comesBack));
    return messages.map((message): Verdict => {
      const one = judged.get(message);
      return one && isBad(one) ? { kind: 'dead', reason: one.reason } : { kind: 'done' };
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
  private async burialOf(bad: Bad, { queueUrl, tenantId }: QueueBinding): Promise<Burial> {
    const { message, md5: md5OfBody, reason, row, parsed, letter } = bad;
    const id = uuidv7();
    const hasNotification = row !== undefined || parsed.ok;
    const { body, attributes } = message;
    return {
      id,
      queueUrl,
      messageId: message.id,
      groupId: groupOf(message),
      bodyMd5: md5OfBody,
      cause: 'invalid',
      reason,
      notificationId: hasNotification ? bad.id : undefined,
      content: hasNotification
        ? undefined
        : await this.contents.seal(tenantId, id, { body, attributes }, 'dead_letters'),
      redriveOf: letter?.messageId === message.id ? undefined : letter,
    };
  }
}

/**
 * Those that come for the first time. By message, never by its text: tomorrow's identical reminder is another one. Ours
 * also by notification, so that a re-sent one is published once; unless it comes back out of the dead-letter queue.
 *
 * What came back is claimed under all its names: a second copy of it, or the first message that was never deleted, is
 * nothing new.
 */
async function claim(tx: TenantTransaction, good: readonly Good[], { queueUrl }: QueueBinding): Promise<Good[]> {
  const messages = await claimInInbox(
    tx,
    good.map(({ message }) => messageKey(queueUrl, message.id)),
  );
  const unread = good.filter(({ message }) => messages.delete(messageKey(queueUrl, message.id)));
  const notifications = await claimInInbox(
    tx,
    unread.flatMap(({ row }) => (row ? [notificationKey(row)] : [])),
  );
  await claimInInbox(
    tx,
    unread.flatMap(({ letter }) => (letter ? [messageKey(queueUrl, letter.messageId)] : [])),
  );
  const redriven = new Set(unread.flatMap(({ row }) => (row && isRedriven(row) ? [notificationKey(row)] : [])));
  return unread.filter(({ row }) => {
    if (!row) return true;
    const key = notificationKey(row);
    return [notifications.delete(key), redriven.delete(key)].includes(true);
  });
}

function messageKey(queueUrl: string, messageId: string): string {
  return `m:${queueUrl}:${messageId}`;
}

function notificationKey({ id }: NotificationRow): string {
  return `n:${id}`;
}

function isRedriven({ deadLetteredAt, publishedAt }: NotificationRow): boolean {
  return deadLetteredAt !== null && publishedAt === null;
}

function isGood(judged: Good | Bad): judged is Good {
  return 'handler' in judged;
}

function isBad(judged: Good | Bad): judged is Bad {
  return 'reason' in judged;
}

/** A letter comes back by this message; one that is put aside once more, before it was moved, does not. */
function comesBack(judged: Good | Bad): { id: string; messageId: string }[] {
  const { letter, message } = judged;
  if (!letter || (isBad(judged) && letter.messageId === message.id)) return [];
  return [{ id: letter.id, messageId: message.id }];
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
