import type { JsonValue } from '@puente/kernel';
import { type ExactDecimal, exactDecimal } from '@puente/providers/odoo';
import { digitsOf, isExactDecimal, isObject } from './message-json';
import { Unusable } from './unusable';

/** An attribute as accounting reads it: text, or a number with all its digits. */
export type AttributeValue = string | number | ExactDecimal;
export type MessageAttributes = Readonly<Record<string, AttributeValue>>;

/** One that is written into a queue. */
export interface WrittenAttribute {
  readonly type: 'String' | 'Number';
  readonly value: string;
}

const NUMBER = /^-?\d{1,30}(?:\.\d{1,20})?$/;

/**
 * Attributes in each of the three shapes in which producers and their tools write them: `{DataType, StringValue}` as the
 * API of SQS, `{dataType, stringValue}` as a Lambda event, and bare values. A `Number` is decimal text: it becomes a
 * number only when that keeps every digit.
 */
export function readAttributes(given: Readonly<Record<string, unknown>>): MessageAttributes | Unusable {
  const read: [string, AttributeValue][] = [];
  for (const [name, value] of Object.entries(given)) {
    if (isBinary(value)) continue; // nothing that Odoo could be called with
    const known = attributeOf(value);
    if (known === undefined) {
      const path = name.slice(0, 64);
      return new Unusable(`the attribute ${JSON.stringify(path)} cannot be used`, `attributes.${path}`);
    }
    read.push([name, known]);
  }
  return Object.fromEntries(read);
}

/** As producers of S0.3 and S0.4 write them into the queue. */
export function writtenAttributes(attributes: MessageAttributes): Record<string, WrittenAttribute> {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [
      name,
      typeof value === 'string' ? { type: 'String', value } : { type: 'Number', value: digitsOf(value) ?? '' },
    ]),
  );
}

function isBinary(given: unknown): boolean {
  const value = given as JsonValue;
  const type = isObject(value) ? (value.DataType ?? value.dataType) : undefined;
  return typeof type === 'string' && type.startsWith('Binary');
}

function attributeOf(given: unknown): AttributeValue | undefined {
  if (typeof given === 'string') return given;
  if (typeof given === 'number') return Number.isSafeInteger(given) ? given : numberOf(String(given));
  const value = given as JsonValue;
  if (!isObject(value)) return undefined;
  if (isExactDecimal(value)) return value;
  const type = value.DataType ?? value.dataType;
  const text = value.StringValue ?? value.stringValue;
  if (typeof type !== 'string' || typeof text !== 'string') return undefined;
  if (type.startsWith('String')) return text;
  return type.startsWith('Number') ? numberOf(text) : undefined;
}

function numberOf(text: string): number | ExactDecimal | undefined {
  if (!NUMBER.test(text)) return undefined;
  const number = Number(text);
  return Number.isSafeInteger(number) && String(number) === text ? number : exactDecimal(text);
}
