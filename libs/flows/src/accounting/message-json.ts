import type { JsonObject, JsonValue } from '@puente/kernel';
import { type ExactDecimal, InexactNumberError, parseExact } from '@puente/providers/odoo';

/** Deeper than anybody nests what Odoo takes, and far from where walking it would overflow the stack. */
const DEPTH_LIMIT = 32;

/**
 * Reads JSON without losing a digit: 99999999999.99 is no float here. Names that mean something to us or to JavaScript
 * are refused, so that no message can pretend to be a decimal.
 *
 * @returns undefined when it is no JSON, is nested too deeply, uses such a name, or has a number nobody can carry
 */
export function readMessageJson(text: string): JsonValue | undefined {
  try {
    return isAcceptable(JSON.parse(text) as JsonValue, 0) ? (parseExact(text) as JsonValue) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof InexactNumberError) return undefined;
    throw error;
  }
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isExactDecimal(value: JsonValue | undefined): value is ExactDecimal {
  return isObject(value) && typeof value.$decimal === 'string';
}

/** Digits of a number, or of text that stands for one; undefined: it is neither. */
export function digitsOf(value: JsonValue | undefined): string | undefined {
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return value;
  return isExactDecimal(value) ? value.$decimal : undefined;
}

function isAcceptable(value: JsonValue, depth: number): boolean {
  if (depth > DEPTH_LIMIT) return false;
  if (Array.isArray(value)) return value.every((item: JsonValue) => isAcceptable(item, depth + 1));
  if (!isObject(value)) return true;
  return Object.entries(value).every(
    ([name, item]) => !name.startsWith('$') && name !== '__proto__' && isAcceptable(item, depth + 1),
  );
}
