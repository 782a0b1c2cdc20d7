import { SeededRandom } from '../seeded-random';

const DOES = [
  ...(['approve', 'approve', 'approve', 'approve', 'reject', 'abort', 'timeout', 'leave'] as const),
] as const;
const BUYS = ['payment', 'payment', 'shop', 'shop', 'wallet'] as const;
const REFUNDS = ['none', 'none', 'all', 'part', 'twice'] as const;
const VICTIMS = ['api-0', 'api-1', 'worker-0'] as const;
const MOST_UNITS = 3;

/** Somebody who pays while processes die. */
export interface Payer {
  readonly id: number;
  readonly atMs: number;
  readonly buys: (typeof BUYS)[number];
  /** At Webpay. */
  readonly does: (typeof DOES)[number];
  /** To which apis the browser comes back, at once; none: never. */
  readonly backTo: readonly number[];
  /** And comes again in the end, with the parameters of a restored tab. */
  readonly restores: boolean;
  /** What happens to a payment that was approved. */
  readonly refund: (typeof REFUNDS)[number];
  readonly quantity: number;
  /** The other groups' word, of what a wallet paid. */
  readonly valid: boolean;
}

export interface Kill {
  readonly atMs: number;
  readonly victim: (typeof VICTIMS)[number];
}

export interface PayPlan {
  readonly seed: number;
  readonly payers: readonly Payer[];
  readonly kills: readonly Kill[];
  /** Of the shop. */
  readonly units: number;
  /** Orders to the stand-in, in order of their requests. */
  readonly faults: readonly object[];
  readonly healMs: number;
}

const FAULTS = [
  { operation: 'commit', reset: 'after' },
  { operation: 'commit', reset: 'before' },
  { operation: 'commit', status: 500, apply: true },
  { operation: 'commit', delayMs: 800 },
  { operation: 'create', reset: 'after' },
  { operation: 'status', status: 500 },
  { operation: 'refund', reset: 'after' },
  { operation: 'refund', delayMs: 600 },
] as const;
const HEAL_MS = 150_000;
/** How long the payers come, for each of them. */
const EACH_MS = 170;
const BETWEEN_KILLS_MS = 2_500;

/** Everything that is chosen is chosen from the seed, beforehand. */
export function payPlan(seed: number, payers: number): PayPlan {
  const random = new SeededRandom(seed);
  const attackMs = payers * EACH_MS;
  return {
    ...{ seed, units: payers, healMs: HEAL_MS },
    payers: Array.from({ length: payers }, (_, n) => payer(random, n + 1, attackMs)),
    kills: Array.from({ length: Math.max(2, Math.floor(attackMs / BETWEEN_KILLS_MS)) }, (_, n) => ({
      atMs: Math.round(BETWEEN_KILLS_MS * (n + 0.3 + random.next() * 0.6)),
      victim: pick(random, VICTIMS),
    })),
    faults: Array.from({ length: Math.ceil(payers / 6) }, () => pick(random, FAULTS)),
  };
}

function payer(random: SeededRandom, id: number, attackMs: number): Payer {
  return {
    ...{ id, atMs: Math.round(random.next() * attackMs), buys: pick(random, BUYS), does: pick(random, DOES) },
    backTo: Array.from({ length: random.whole(0, 3) }, () => random.whole(0, 1)),
    ...{ restores: random.next() < 0.2, refund: pick(random, REFUNDS), quantity: random.whole(1, MOST_UNITS) },
    valid: random.next() < 0.6,
  };
}

function pick<T>(random: SeededRandom, list: readonly [T, ...T[]] | readonly T[]): T {
  return list[random.whole(0, list.length - 1)] as T;
}
