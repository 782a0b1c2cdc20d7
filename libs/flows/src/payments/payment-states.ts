/**
 * Where a payment is.
 *
 * - `created`: the intent is written, Webpay's token is not here yet.   - `pending`: the payer may be at the form.
 * - `committing`: the one commit runs.   - `unknown`: its answer was lost; `status` will tell.
 * - `paid`: authorised, and equal to what was asked for.   - `captured`: a deferred one, its money taken.
 * - `rejected`, `cancelled`, `expired`: nobody was charged.   - `needs_review`: a person decides.
 * - `reversed`, `refunded`: all given back, within the window of a reversal or after it.   - `partially_refunded`.
 */
export const PAYMENT_STATES = [
  ...(['created', 'pending', 'committing', 'unknown'] as const),
  ...(['rejected', 'cancelled', 'expired', 'needs_review'] as const),
  ...(['paid', 'captured', 'partially_refunded', 'refunded', 'reversed'] as const),
] as const;
export type PaymentState = (typeof PAYMENT_STATES)[number];

/**
 * What can be learnt about a payment.
 *
 * `approved` is said by one function only, after Webpay's word and our own equality (see `judge`); `contested` is the same
 * money where it must not count: another amount, an order that is over, a second payment of it.
 */
export const PAYMENT_EVENTS = [
  ...(['opened', 'not_opened', 'commit_begun', 'commit_lost', 'unfinished'] as const),
  ...(['approved', 'contested', 'refused', 'abandoned', 'expired'] as const),
  ...(['capture_applied', 'part_refunded', 'all_refunded', 'all_reversed'] as const),
  ...(['person_accepts', 'person_closes'] as const),
] as const;
export type PaymentEvent = (typeof PAYMENT_EVENTS)[number];

type Row = Partial<Record<PaymentEvent, PaymentState>>;

const REFUNDS: Row = { part_refunded: 'partially_refunded', all_refunded: 'refunded', all_reversed: 'reversed' };
/** Over, as far as anybody knows, and nobody was charged: money that turns up all the same is for a person. */
const OVER: Row = { contested: 'needs_review' };

/** The one table. What is not in it does not happen: the payment stays as it is. */
const TABLE: Readonly<Record<PaymentState, Row>> = {
  created: { opened: 'pending', not_opened: 'cancelled', expired: 'expired', abandoned: 'cancelled' },
  pending: {
    commit_begun: 'committing',
    ...{ approved: 'paid', contested: 'needs_review', refused: 'rejected' },
    ...{ abandoned: 'cancelled', expired: 'expired' },
  },
  committing: {
    commit_lost: 'unknown',
    unfinished: 'pending',
    ...{ approved: 'paid', contested: 'needs_review', refused: 'rejected', abandoned: 'cancelled' },
  },
  unknown: {
    commit_begun: 'committing',
    ...{ approved: 'paid', contested: 'needs_review', refused: 'rejected', abandoned: 'cancelled', expired: 'expired' },
    ...{ person_accepts: 'paid', person_closes: 'cancelled' },
  },
  rejected: OVER,
  cancelled: OVER,
  expired: OVER,
  needs_review: { ...REFUNDS, part_refunded: 'needs_review', person_accepts: 'paid', person_closes: 'cancelled' },
  paid: { ...REFUNDS, capture_applied: 'captured' },
  captured: REFUNDS,
  partially_refunded: REFUNDS,
  refunded: {},
  reversed: {},
};

/** Where the event leads; undefined when it changes nothing, which is no error: news may come twice and late. */
export function transition(state: PaymentState, event: PaymentEvent): PaymentState | undefined {
  return TABLE[state][event];
}

/** From which states an event leads anywhere: what SQL compares with. */
export function statesBefore(event: PaymentEvent): readonly PaymentState[] {
  return PAYMENT_STATES.filter((state) => TABLE[state][event] !== undefined);
}

/** The order was paid and counts as paid, although some of it may have been given back. */
export const MONEY_STATES = ['paid', 'captured', 'partially_refunded'] as const satisfies readonly PaymentState[];
/** Nothing is decided yet. */
export const OPEN_STATES = ['created', 'pending', 'committing', 'unknown'] as const satisfies readonly PaymentState[];

export function isMoney(state: PaymentState): boolean {
  return (MONEY_STATES as readonly PaymentState[]).includes(state);
}

export function isOpen(state: PaymentState): boolean {
  return (OPEN_STATES as readonly PaymentState[]).includes(state);
}
