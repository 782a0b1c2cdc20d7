import { Injectable } from '@nestjs/common';
import { TenantDatabase, type TenantTransaction } from '@puente/database';
import { isUuid, uuidv7 } from '@puente/kernel';
import { bodyMd5, type HeldMessage, NOTIFICATION_ATTRIBUTE, SOURCE_ATTRIBUTE, textAttribute } from '@puente/queue';
import { NotificationContents } from '../notification-content';
import { lockForMessages, lockMessages, type NotificationRow } from '../notification-rows';
import { findLetters, type Letter, recordBurials } from './dead-letter-rows';
import { keptLetter } from './redrive-mark';

/** What a message of the dead-letter queue is. */
export interface Sorted {
  readonly message: HeldMessage;
  /** The letter it is the copy of. */
  readonly letterId: string | undefined;
  /** `spent`: of no more use. `kept`: its letter waits. `strange`: another queue's, nothing of ours. */
  readonly verdict: 'spent' | 'kept' | 'strange';
}

export interface SortingOrder {
  readonly tenantId: string;
  readonly queueUrl: string;
  /** Messages that SQS moved here from another queue are not ours to touch. */
  readonly queueArn: string;
  /** On whose behalf unknown messages are written down. */
  readonly redriveId: string | undefined;
}

const SPENT: readonly Letter['state'][] = ['redriven', 'obsolete'];

/**
 * Says of messages of the dead-letter queue which letters they are copies of. What SQS put there by itself has no letter
 * yet: it gets one here, with its text, and waits for a redrive like the others.
 */
@Injectable()
export class FoundLetters {
  constructor(
    private readonly database: TenantDatabase,
    private readonly contents: NotificationContents,
  ) {}

  sort(messages: readonly HeldMessage[], order: SortingOrder): Promise<Sorted[]> {
    return this.database.run(order.tenantId, async (tx) => {
      const ours = messages.filter(({ sourceArn }) => sourceArn === undefined || sourceArn === order.queueArn);
      const messageIds = ours.map(({ id }) => id);
      await lockMessages(tx, order.queueUrl, messageIds);
      const letters = await lettersOf(tx, ours);
      const unknown = ours.filter((message) => !letters.has(message));
      const rows = await rowsOf(tx, unknown, order);
      const left = unknown.filter((message) => !wasTakenOver(rows.get(message)));
      const recorded = await this.record(tx, left, rows, order);
      return messages.map((message): Sorted => {
        const letter = letters.get(message);
        if (letter) return { message, letterId: letter.id, verdict: SPENT.includes(letter.state) ? 'spent' : 'kept' };
        if (!ours.includes(message)) return { message, letterId: undefined, verdict: 'strange' };
        const letterId = recorded.get(message);
        return { message, letterId, verdict: letterId === undefined ? 'spent' : 'kept' };
      });
    });
  }

  /** @returns the id of each one's new letter */
  private async record(
    tx: TenantTransaction,
    messages: readonly HeldMessage[],
    rows: ReadonlyMap<HeldMessage, NotificationRow>,
    { queueUrl, redriveId, tenantId }: SortingOrder,
  ): Promise<ReadonlyMap<HeldMessage, string>> {
    const burials = messages.map(async (message) => {
      const id = uuidv7();
      const { body, attributes } = message;
      const notificationId = rows.get(message)?.id;
      const sealed = () => this.contents.seal(tenantId, id, { body, attributes }, 'dead_letters');
      const place = {
        id,
        queueUrl,
        messageId: message.id,
        groupId: message.groupId || 'default',
        bodyMd5: bodyMd5(body),
      };
      return {
        ...place,
        ...whyOf(message),
        at: message.sentAt,
        notificationId,
        content: notificationId === undefined ? await sealed() : undefined,
        foundBy: redriveId,
      };
    });
    const all = await Promise.all(burials);
    await recordBurials(tx, all);
    return new Map(messages.flatMap((message, at) => (all[at] ? [[message, all[at].id]] : [])));
  }
}

/** By what the copy says of itself, with the same text: anybody may write attributes and deduplication ids. */
async function lettersOf(
  tx: TenantTransaction,
  messages: readonly HeldMessage[],
): Promise<ReadonlyMap<HeldMessage, Letter>> {
  const names = messages.map((message) => ({
    message,
    kept: keptLetter(message.deduplicationId),
    sources: [message.deduplicationId, textAttribute(message, SOURCE_ATTRIBUTE), message.id].filter(
      (id) => id !== undefined,
    ),
  }));
  const letters = await findLetters(tx, {
    ids: names.map(({ kept }) => kept).filter((id) => id !== undefined),
    messageIds: names.flatMap(({ sources }) => sources),
  });
  return new Map(
    names.flatMap(({ message, kept, sources }) => {
      const same = letters.filter((letter) => letter.bodyMd5 === bodyMd5(message.body));
      const letter = same.find(({ id }) => id === kept) ?? same.find(({ messageId }) => sources.includes(messageId));
      return letter ? [[message, letter]] : [];
    }),
  );
}

/** The notification a message brought or names, if its text is still the same. */
async function rowsOf(
  tx: TenantTransaction,
  messages: readonly HeldMessage[],
  { queueUrl }: SortingOrder,
): Promise<ReadonlyMap<HeldMessage, NotificationRow>> {
  if (messages.length === 0) return new Map();
  const named = new Map(messages.map((message) => [message, textAttribute(message, NOTIFICATION_ATTRIBUTE)]));
  const ids = [...named.values()].filter((id) => id !== undefined).filter(isUuid);
  const rows = await lockForMessages(tx, queueUrl, { ids, messageIds: messages.map(({ id }) => id) });
  return new Map(
    messages.flatMap((message) => {
      const md5 = bodyMd5(message.body);
      const row =
        rows.find(({ id, bodyMd5: of }) => id === named.get(message) && of === md5) ??
        rows.find(({ origin, queueMessageId }) => origin === 'queue' && queueMessageId === message.id);
      return row ? [[message, row]] : [];
    }),
  );
}

/** The consumer wrote it down and could not delete it, until SQS gave it up; or another message brought the same. */
function wasTakenOver(row: NotificationRow | undefined): boolean {
  return row !== undefined && row.handledAt !== null && row.deadLetteredAt === null;
}

function whyOf({ sourceArn, receiveCount }: HeldMessage) {
  if (sourceArn === undefined)
    return { cause: 'found' as const, reason: 'found in the dead-letter queue; it is not known who put it there' };
  const times = receiveCount > 1 ? `${String(receiveCount - 1)} times` : 'as often as its queue allows';
  return { cause: 'not_taken_over' as const, reason: `received ${times} without being taken over` };
}
