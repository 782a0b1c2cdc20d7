import { AppError } from '@puente/kernel';
import { z } from 'zod';

/** At most this many levels: deeper values overflow the stack of whoever walks them. */
const MAX_DEPTH = 50;
const DECIMAL = /^-?\d{1,30}(?:\.\d{1,20})?$/;

/**
 * A number with exactly these digits. An amount is never a float here: it is handed over as digits, and they go on the
 * wire as they stand, a JSON number without quotes.
 */
export const ExactDecimal = z
  .strictObject({ $decimal: z.string().regex(DECIMAL, 'expected digits, as 1500.00') })
  .meta({ description: 'A number with exactly these digits.' });

export type ExactDecimal = z.output<typeof ExactDecimal>;

/** @throws {InexactNumberError} the text is no plain decimal */
export function exactDecimal(digits: string): ExactDecimal {
  if (!DECIMAL.test(digits)) throw new InexactNumberError(digits);
  return { $decimal: digits };
}

/** The digits of a number from an answer, whichever way it came. */
export function decimalText(value: number | ExactDecimal): string {
  return typeof value === 'number' ? String(value) : value.$decimal;
}

/** A number that cannot be carried without losing digits. */
export class InexactNumberError extends AppError {
  readonly code = 'INEXACT_NUMBER';

  constructor(number: string) {
    super(`${number.slice(0, 60)} cannot be carried without losing digits.`);
  }
}

/** A value that JSON has no place for, or only a changed one. Nothing was sent. */
export class NotJsonError extends AppError {
  readonly code = 'NOT_JSON';
}

/**
 * What `JSON.stringify` writes, but for three things: an {@link ExactDecimal} becomes its digits; `undefined` is refused
 * instead of dropped; and so is a whole number beyond ±(2^53 − 1), which has already lost digits.
 *
 * @throws {InexactNumberError} {@link NotJsonError}
 */
export function stringifyExact(value: unknown, depth = 0): string {
  if (typeof value === 'number') return numberText(value);
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
  if (typeof value !== 'object') throw new NotJsonError(`A value of type ${typeof value} has no place in JSON.`);
  if (depth >= MAX_DEPTH) throw new NotJsonError(`The value has more than ${String(MAX_DEPTH)} levels.`);
  if (Array.isArray(value)) return `[${value.map((item: unknown) => stringifyExact(item, depth + 1)).join(',')}]`;
  if ('$decimal' in value) return digitsOf(value);
  const fields = Object.entries(value).map(
    ([name, field]: [string, unknown]) => `${JSON.stringify(name)}:${stringifyExact(field, depth + 1)}`,
  );
  return `{${fields.join(',')}}`;
}

function numberText(value: number): string {
  const isExact = Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value);
  if (!isExact) throw new InexactNumberError(String(value));
  return JSON.stringify(value);
}

function digitsOf(value: object): string {
  const { success, data } = ExactDecimal.safeParse(value);
  if (!success) throw new NotJsonError('$decimal takes digits, as 1500.00, and stands alone.');
  return data.$decimal;
}

/** Tokens shorter than this have at most 15 digits, which every double carries. */
const LONG_NUMBER = /[\d.]{16}|\d[eE][+-]?\d{3}/;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/**
 * What `JSON.parse` reads, but never with other digits than there were: a fraction that a double would change comes as an
 * {@link ExactDecimal}, a whole number beyond ±(2^53 − 1) is refused, since it would be another record's id.
 *
 * @throws {SyntaxError} {@link InexactNumberError}
 */
export function parseExact(text: string): unknown {
  return JSON.parse(LONG_NUMBER.test(text) ? withExactNumbers(text) : text) as unknown;
}

function withExactNumbers(text: string): string {
  let exact = '';
  let copied = 0;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '"') {
      at = endOfString(text, at);
    } else if (character === '-' || (character >= '0' && character <= '9')) {
      NUMBER.lastIndex = at;
      const number = NUMBER.exec(text)?.[0];
      if (number === undefined) continue;
      exact += text.slice(copied, at) + exactNumber(number);
      copied = at + number.length;
      at = copied - 1;
    }
  }
  return exact + text.slice(copied);
}

function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charAt(at) !== '"') at += text.charAt(at) === '\\' ? 2 : 1;
  return at;
}

function exactNumber(number: string): string {
  const value = Number(number);
  if (significant(number) === significant(String(value)) && Number.isFinite(value)) {
    if (!Number.isInteger(value) || Number.isSafeInteger(value)) return number;
  }
  if (!number.includes('.') || !DECIMAL.test(number)) throw new InexactNumberError(number);
  return JSON.stringify(exactDecimal(number));
}

/** The digits that count, without sign, point, exponent and zeros at either end. */
function significant(number: string): string {
  const [mantissa = ''] = number.split(/e/i);
  const digits = mantissa.replace(/[-.]/g, '');
  let [from, to] = [0, digits.length];
  while (digits.charAt(from) === '0') from += 1;
  while (to > from && digits.charAt(to - 1) === '0') to -= 1;
  return digits.slice(from, to);
}
