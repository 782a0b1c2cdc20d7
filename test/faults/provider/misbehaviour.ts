import { SeededRandom } from '../seeded-random';

/** What the stand-in may do instead of acting and saying so. The name says what the caller sees, and when the effect is. */
export const MISBEHAVIOURS = [
  ...(['reset_before', 'reset_after', 'cut_body', 'slow', 'drip', 'hang', 'hang_after', 'late'] as const),
  ...(['throttled', 'throttled_with_wait', 'error_before', 'error_after', 'unavailable', 'refused'] as const),
  ...(['garbage', 'html', 'misfit'] as const),
] as const;
export type Misbehaviour = (typeof MISBEHAVIOURS)[number];

/** Of a hundred first requests. The rest are answered as they should be. */
const FIRST: Readonly<Record<Misbehaviour, number>> = {
  ...{ reset_before: 3, reset_after: 5, cut_body: 2, slow: 5, drip: 2, hang: 2, hang_after: 4, late: 5 },
  ...{ throttled: 1, throttled_with_wait: 1, error_before: 3, error_after: 4, unavailable: 4, refused: 2 },
  ...{ garbage: 1, html: 1, misfit: 1 },
};
/** Of a hundred second and third ones: fewer, and none that a refusal could hide behind. */
const LATER: Partial<Record<Misbehaviour, number>> = {
  reset_after: 4,
  error_after: 4,
  slow: 5,
  unavailable: 4,
  late: 2,
};
/** Questions are answered badly too, but never wrongly. */
const ASKED: Partial<Record<Misbehaviour, number>> = { reset_before: 5, error_before: 5, hang: 3, unavailable: 5 };
/** Requests of one ref after which it behaves: a ladder of tries is to be climbed, not to be used up. */
export const PATIENT_AFTER = 3;

export interface Asked {
  readonly seed: number;
  readonly ref: string;
  /** How many requests of this kind for this ref there were, this one included. */
  readonly nth: number;
  readonly question: boolean;
}

/** The same request of the same seed misbehaves the same way, whatever else happens. */
export function misbehaviourOf({ seed, ref, nth, question }: Asked): Misbehaviour | undefined {
  if (nth > PATIENT_AFTER) return undefined;
  const table = question ? ASKED : nth === 1 ? FIRST : LATER;
  let drawn = randomOf({ seed, ref, nth, question }).next() * 100;
  for (const misbehaviour of MISBEHAVIOURS) {
    drawn -= table[misbehaviour] ?? 0;
    if (drawn < 0) return misbehaviour;
  }
  return undefined;
}

export function randomOf({ seed, ref, nth, question }: Asked): SeededRandom {
  let state = seed ^ (nth * 0x9e3779b1) ^ (question ? 0x5bd1e995 : 0);
  for (const char of ref) state = Math.imul(state ^ char.charCodeAt(0), 0x01000193);
  return new SeededRandom(state);
}
