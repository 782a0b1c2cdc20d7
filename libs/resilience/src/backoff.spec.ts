import type { Random } from '@puente/kernel';
import fc from 'fast-check';
import {
  FLOOR_MS,
  RETRY_AFTER_CAP_MS,
  fullJitter,
  ladderLength,
  retriesAllowed,
  retryAfterFloor,
  retryWait,
} from './backoff';
import { policies } from './policies';
import { retryRule } from './retry-table';

const always = (value: number): Random => ({ next: () => value });
const almostOne = 1 - Number.EPSILON;
const { payment, messaging } = policies;

describe('backoff', () => {
  it.each([
    [1, 1_000],
    [2, 2_000],
    [3, 4_000],
  ])('waits between w and 1.2 w before retry %i after a 429', (retry, w) => {
    expect(retryWait('ladder', payment, retry, always(0))).toBe(w);
    expect(retryWait('ladder', payment, retry, always(almostOne))).toBe(1.2 * w);
  });

  it('lets a longer Retry-After win, a shorter one not, and an absurd one only up to the cap', () => {
    expect(retryWait('ladder', payment, 1, always(0), 7_500)).toBe(7_500);
    expect(retryWait('ladder', payment, 3, always(0), 100)).toBe(4_000);
    expect(retryWait('ladder', payment, 1, always(0), 10 * 365 * 86_400_000)).toBe(RETRY_AFTER_CAP_MS);
  });

  it.each([undefined, 0, -5_000, Number.NaN])('takes a Retry-After of %s for none', (retryAfterMs) => {
    expect(retryAfterFloor(retryAfterMs)).toBe(0);
  });

  it('draws every other wait from the whole range, never below the floor and never past the cap', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2_000 }),
        fc.double({ min: 0, max: almostOne, noNaN: true }),
        (retry, r) => {
          const wait = fullJitter(payment.backoff, retry, always(r));
          const ceiling = Math.min(payment.backoff.capMs, payment.backoff.baseMs * 2 ** (retry - 1));
          expect(wait).toBeGreaterThanOrEqual(FLOOR_MS);
          expect(wait).toBeLessThanOrEqual(ceiling);
          expect(Math.abs(wait - ceiling * r)).toBeLessThanOrEqual(FLOOR_MS);
        },
      ),
    );
  });

  it('does not gather at the cap: half of the draws lie in its lower half', () => {
    let seed = 1;
    const random: Random = { next: () => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647 };
    const waits = Array.from({ length: 2_000 }, () => fullJitter(payment.backoff, 9, random));
    const low = waits.filter((wait) => wait < payment.backoff.capMs / 2).length;
    expect(low / waits.length).toBeCloseTo(0.5, 1);
  });

  it('repeats a timeout at once, unless a schedule says when', () => {
    expect(retryWait('none', payment, 1, always(0.5))).toBe(0);
    expect(retryWait('none', messaging, 4, always(0))).toBe(messaging.schedule[3]);
  });

  it('counts by the schedule where there is one, and grants no retries to verdicts that are not `retry`', () => {
    expect(retriesAllowed(retryRule('idempotent', 'timeout'), payment)).toBe(1);
    expect(retriesAllowed(retryRule('idempotent', 'timeout'), messaging)).toBe(messaging.schedule.length);
    expect(retriesAllowed(retryRule('once', 'timeout'), messaging)).toBe(0);
    expect([ladderLength(payment), ladderLength(messaging)]).toEqual([3, 12]);
  });
});
