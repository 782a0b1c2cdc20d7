import type { AnswerHead } from '@puente/kernel';

/** Longer waits than this are not believed, unless it is asked for: a lane must not sleep for days because of one header. */
const LONGEST_MS = 15 * 60_000;

/**
 * The wait a `Retry-After` header asks for, in milliseconds (RFC 9110 §10.2.3: seconds, or a date). A date is measured
 * against the answer's own `Date`, so that the difference between two clocks does not count.
 *
 * @returns undefined when there is no header or it cannot be read
 */
export function retryAfterMs(
  headers: AnswerHead['headers'],
  now: () => number = Date.now,
  longestMs = LONGEST_MS,
): number | undefined {
  const value = single(headers['retry-after'])?.trim();
  if (value === undefined || value === '') return undefined;
  const wait = /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1_000 : until(value, single(headers.date), now);
  return wait === undefined || Number.isNaN(wait) ? undefined : Math.min(Math.max(Math.ceil(wait), 0), longestMs);
}

function until(value: string, answered: string | undefined, now: () => number): number | undefined {
  // A date begins with a weekday; Date.parse alone would also read "-5" as the year 2001.
  if (!/^[A-Za-z]{3,9},? /.test(value)) return undefined;
  const at = Date.parse(value);
  const reference = answered === undefined ? Number.NaN : Date.parse(answered);
  return at - (Number.isNaN(reference) ? now() : reference);
}

/** Of a repeated header the first. */
function single(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
