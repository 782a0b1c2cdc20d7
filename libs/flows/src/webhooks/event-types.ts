import { z } from 'zod';

const SEGMENT = '[A-Za-z0-9_-]{1,64}';
const TYPE = new RegExp(`^${SEGMENT}(?:\\.${SEGMENT}){0,7}$`);
const PATTERN = new RegExp(`^(?:\\*|${SEGMENT}(?:\\.${SEGMENT}){0,7}(?:\\.\\*)?)$`);
const MOST = 200;

/** `order.paid`: up to eight parts with points between them. */
export const EventType = z
  .string()
  .max(MOST)
  .regex(TYPE, 'expected parts of letters, digits, _ and - with points between them, such as order.paid');

/** What Puente itself tells of. Receivers believe it, so nobody else publishes it. */
const OWN = /^(?:operation|endpoint|delivery)\./;

/** Whether only Puente may publish events of this type. */
export function isReserved(type: string): boolean {
  return OWN.test(type);
}

/** What an endpoint wants to hear of: a type, all below one (`order.*`, at any depth), or `*`. */
export const EventPattern = z
  .string()
  .max(MOST)
  .regex(PATTERN, 'expected a type such as order.paid, all below one such as order.*, or *');

/**
 * The patterns that match a type, most exact first. So an event looks for a handful of patterns, and never goes through
 * what all endpoints want.
 *
 * @param own an event of Puente itself: nobody gets those by `*`, only who names them (`operation.*`, `endpoint.*`)
 */
export function patternsFor(type: string, own = false): string[] {
  const parts = type.split('.');
  const below = parts.slice(1).map((_, at) => `${parts.slice(0, parts.length - 1 - at).join('.')}.*`);
  return [type, ...below, ...(own ? [] : ['*'])];
}
