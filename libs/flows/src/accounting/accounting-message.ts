import type { JsonObject } from '@puente/kernel';
import type { QueueMessage } from '@puente/queue';
import { type MessageAttributes, readAttributes } from './message-attributes';
import { isObject, readMessageJson } from './message-json';
import { Unusable } from './unusable';

/** What somebody wants in the books, wherever it came from. */
export interface AccountingMessage {
  readonly body: JsonObject;
  readonly attributes: MessageAttributes;
  /** Of a FIFO queue; empty otherwise. */
  readonly groupId: string;
}

/** Messages of S0.3 and S0.4, out of their queue. */
export function readQueueMessage(message: QueueMessage): AccountingMessage | Unusable {
  const attributes = readAttributes(message.attributes);
  if (attributes instanceof Unusable) return attributes;
  const body = readBody(message.body);
  return body instanceof Unusable ? body : { body, attributes, groupId: message.groupId };
}

/** A body: JSON of an object, such an object once more as text, or nothing at all. */
export function readBody(text: string): JsonObject | Unusable {
  if (text.trim() === '') return {};
  const once = readMessageJson(text);
  const value = typeof once === 'string' ? readMessageJson(once) : once;
  if (isObject(value)) return value;
  return new Unusable('the body is no JSON object, is nested too deeply, or uses a name that begins with $', 'body');
}
