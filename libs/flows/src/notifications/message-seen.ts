import type { TenantTransaction } from '@puente/database';
import { isUuid, uuidv7 } from '@puente/kernel';
import {
  bodyMd5,
  NOTIFICATION_ATTRIBUTE,
  type QueueBinding,
  type QueueMessage,
  SOURCE_ATTRIBUTE,
  textAttribute,
} from '@puente/queue';
import { findLetters, type Letter, type LetterKeys } from './dead-letters/dead-letter-rows';
import { sentBackLetter } from './dead-letters/redrive-mark';
import { lockForMessages, lockMessages, type NotificationRow } from './notification-rows';
import { type Parsed, parseMessage } from './parse-message';

/** One message of a batch and what is known of it. */
export interface Seen {
  readonly message: QueueMessage;
  readonly md5: string;
  readonly parsed: Parsed;
  /** The notification it belongs to: ours, or the one an earlier delivery made. */
  readonly row: NotificationRow | undefined;
  /** Of the row, or of the one to be made. */
  readonly id: string;
  /** The dead letter that it was, when it comes out of the dead-letter queue again or was never deleted here. */
  readonly letter: Letter | undefined;
  /** Of no more use: its letter was sent back without it, or came back by another copy already. */
  readonly spent: boolean;
}

/**
 * Looks up everything that decides about a batch and locks it: messages first, in one order, then rows. A message that
 * comes for the first time and carries no mark costs no look at the dead letters.
 */
export async function look(
  tx: TenantTransaction,
  messages: readonly QueueMessage[],
  { queueUrl }: QueueBinding,
): Promise<Seen[]> {
  const messageIds = messages.map(({ id }) => id);
  const keys = letterKeys(messages);
  // Twice: before, to know which messages to lock; and as they are once nobody else can decide about them.
  const named = await findLetters(tx, keys);
  await lockMessages(tx, queueUrl, [...messageIds, ...named.map(({ messageId }) => messageId)]);
  const letters = named.length === 0 ? [] : await findLetters(tx, keys);
  const ids = [
    ...messages.map(namedNotification),
    ...letters.map(({ notificationId }) => notificationId ?? undefined),
  ].filter((id) => id !== undefined);
  const rows = await lockForMessages(tx, queueUrl, { ids, messageIds });
  const cameBack = new Set<string>();
  return messages.map((message) => {
    const md5 = bodyMd5(message.body);
    const letter = letterOf(message, md5, letters);
    const row = rowOf(message, md5, rows, letter);
    const spent = letter !== undefined && (isSpent(message, letter) || cameBack.has(letter.id));
    if (letter) cameBack.add(letter.id);
    return { message, md5, parsed: parseMessage(message.body), row, id: row?.id ?? uuidv7(), letter, spent };
  });
}

/** Every copy of a letter but the first one to come ends here, however it came into the queue. */
function isSpent(message: QueueMessage, { messageId, state, takenMessageId }: Letter): boolean {
  if (takenMessageId !== null) return takenMessageId !== message.id;
  return messageId === message.id && state !== 'waiting';
}

function letterKeys(messages: readonly QueueMessage[]): LetterKeys {
  return {
    ids: messages.map(({ deduplicationId }) => sentBackLetter(deduplicationId)).filter((id) => id !== undefined),
    messageIds: messages.flatMap((message) => [
      ...(message.receiveCount > 1 ? [message.id] : []),
      ...[textAttribute(message, SOURCE_ATTRIBUTE)].filter((id) => id !== undefined),
    ]),
  };
}

/** With the same text: anybody may write attributes. */
function letterOf(message: QueueMessage, md5: string, letters: readonly Letter[]): Letter | undefined {
  const same = letters.filter(({ bodyMd5: of }) => of === md5);
  const sentBack = sentBackLetter(message.deduplicationId);
  const source = textAttribute(message, SOURCE_ATTRIBUTE);
  return (
    same.find(({ messageId }) => messageId === message.id) ??
    same.find(({ id }) => id === sentBack) ??
    same.find(({ messageId }) => messageId === source)
  );
}

function namedNotification(message: QueueMessage): string | undefined {
  const id = textAttribute(message, NOTIFICATION_ATTRIBUTE);
  return id !== undefined && isUuid(id) ? id : undefined;
}

/** Its letter's, or the one the message names, if its text is still the same. Else the foreign one it made. */
function rowOf(
  message: QueueMessage,
  md5: string,
  rows: readonly NotificationRow[],
  letter: Letter | undefined,
): NotificationRow | undefined {
  const named = namedNotification(message);
  return (
    rows.find((row) => row.id === letter?.notificationId) ??
    rows.find((row) => row.id === named && row.bodyMd5 === md5) ??
    rows.find((row) => row.origin === 'queue' && row.queueMessageId === message.id)
  );
}
