import type { JsonValue } from '@puente/kernel';
import type { AccountingMessage } from './accounting-message';
import { digitsOf, isObject } from './message-json';
import { Unusable } from './unusable';

const FIELD = '(?:body|attributes)(?:\\.[A-Za-z0-9_]{1,64}){1,4}';
const PLACEHOLDER = new RegExp(`\\{(${FIELD}|message\\.groupId)\\}`, 'g');
const ONLY_PLACEHOLDERS = new RegExp(`^(?:[^{}]|\\{(?:${FIELD}|message\\.groupId)\\})*$`);

/** `body.amount`, `attributes.accountId`. */
export const FIELD_PATH = new RegExp(`^${FIELD}$`);

export function isTemplate(text: string): boolean {
  return ONLY_PLACEHOLDERS.test(text);
}

/** Which fields of a message a template asks for. */
export function placeholdersOf(template: string): string[] {
  return [...template.matchAll(PLACEHOLDER)].flatMap(([, path]) => path ?? []);
}

/** A field of a message; undefined when it has none of that name. */
export function fieldOf(message: AccountingMessage, path: string): JsonValue | undefined {
  if (path === 'message.groupId') return message.groupId;
  const [source, ...names] = path.split('.');
  let value: JsonValue | undefined = source === 'body' ? message.body : message.attributes;
  for (const name of names) {
    if (!isObject(value) || !Object.hasOwn(value, name)) return undefined;
    value = value[name];
  }
  return value;
}

/** Text of a field that is text, a number or a truth value. */
export function textOf(message: AccountingMessage, path: string): string | undefined {
  const value = fieldOf(message, path);
  return typeof value === 'boolean' ? String(value) : digitsOf(value);
}

/**
 * A template with the fields of a message in place of their names. Every one of them must be there and say something,
 * but for the group, which standard queues do not have.
 */
export function fill(template: string, message: AccountingMessage, write = (text: string): string => text) {
  let missing: string | undefined;
  const text = template.replace(PLACEHOLDER, (_, path: string) => {
    const value = textOf(message, path);
    if ((value === undefined || value === '') && path !== 'message.groupId') missing ??= path;
    return write(value ?? '');
  });
  return missing === undefined ? text : new Unusable(`${missing} is missing, or is neither text nor a number`, missing);
}
