import type { JsonValue } from '@puente/kernel';

const MAX_LENGTH = 500;
const MAX_DEPTH = 8;

/**
 * What changes how a line is shown without being seen: controls (ANSI sequences begin with one), line separators,
 * direction overrides, zero-width characters, halves of surrogate pairs.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** Text from outside, fit for a log and an audit trail: what could deceive a reader's terminal is spelled out. */
export function harmlessText(text: string): string {
  const visible = text.slice(0, MAX_LENGTH).replace(INVISIBLE, (character) => {
    const codePoint = character.codePointAt(0) ?? 0;
    return `\\u{${codePoint.toString(16)}}`;
  });
  return text.length > MAX_LENGTH ? `${visible}…` : visible;
}

/** The same for every name and text of a JSON value; what lies deeper than eight levels becomes a marker. */
export function harmlessJson(value: JsonValue, depth = 0): JsonValue {
  if (typeof value === 'string') return harmlessText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '[deeper]';
  if (isArray(value)) return value.map((item) => harmlessJson(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [harmlessText(name), harmlessJson(item, depth + 1)]),
  );
}

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
