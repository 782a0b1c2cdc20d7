import fc from 'fast-check';
import {
  isMoney,
  isOpen,
  MONEY_STATES,
  OPEN_STATES,
  PAYMENT_EVENTS,
  PAYMENT_STATES,
  type PaymentEvent,
  type PaymentState,
  statesBefore,
  transition,
} from './payment-states';

/** How far a payment has come: news never takes it back, only a person may close a review without money. */
const STAGE: Readonly<Record<PaymentState, number>> = {
  ...{ created: 0, pending: 1, committing: 1, unknown: 1, rejected: 2, cancelled: 2, expired: 2, needs_review: 3 },
  ...{ paid: 4, captured: 5, partially_refunded: 6, refunded: 7, reversed: 7 },
};
const PERSON: readonly PaymentEvent[] = ['person_accepts', 'person_closes'];
const events = fc.array(fc.constantFrom(...PAYMENT_EVENTS), { maxLength: 40 });

function history(said: readonly PaymentEvent[], from: PaymentState = 'created') {
  const steps: { before: PaymentState; event: PaymentEvent; after: PaymentState }[] = [];
  let state = from;
  for (const event of said) {
    const after = transition(state, event);
    if (after === undefined) continue;
    steps.push({ before: state, event, after });
    state = after;
  }
  return { steps, state };
}

describe('the table of payment states', () => {
  it('only goes forward, whatever is said in whatever order; a person alone may close a review', () => {
    fc.assert(
      fc.property(events, (said) => {
        for (const { before, event, after } of history(said).steps)
          expect(STAGE[after] >= STAGE[before] || PERSON.includes(event)).toBe(true);
      }),
    );
  });

  it('never counts as paid but by an approval or a person', () => {
    fc.assert(
      fc.property(events, (said) => {
        const { steps, state } = history(said);
        const first = steps.find(({ after }) => isMoney(after));
        if (isMoney(state)) expect(first).toBeDefined();
        if (first && first.before !== 'needs_review') expect(['approved', 'person_accepts']).toContain(first.event);
        if (first?.before === 'needs_review') expect(steps.some(({ event }) => event === 'contested')).toBe(true);
      }),
    );
  });

  it('never takes money back into nothing: after paid there are only captures and refunds', () => {
    fc.assert(
      fc.property(events, fc.constantFrom(...MONEY_STATES), (said, from) => {
        for (const { after } of history(said, from).steps)
          expect(['captured', 'partially_refunded', 'refunded', 'reversed']).toContain(after);
      }),
    );
  });

  it('ends where everything was given back', () => {
    for (const state of ['refunded', 'reversed'] as const)
      for (const event of PAYMENT_EVENTS) expect(transition(state, event)).toBeUndefined();
  });

  it('lets a payment that is over only become a question to a person, and never ask the payer for money again', () => {
    for (const state of ['rejected', 'cancelled', 'expired'] as const)
      expect(PAYMENT_EVENTS.filter((event) => transition(state, event) !== undefined)).toEqual(['contested']);
  });

  it('reaches every state, and uses every event', () => {
    const reached = new Set<PaymentState>(['created']);
    // A set hands out what is added to it meanwhile.
    for (const state of reached) for (const event of PAYMENT_EVENTS) reached.add(transition(state, event) ?? state);
    expect(PAYMENT_STATES.filter((state) => !reached.has(state))).toEqual([]);
    expect(PAYMENT_EVENTS.filter((event) => statesBefore(event).length === 0)).toEqual([]);
  });

  it('begins a commit only where none can be in flight', () => {
    expect(statesBefore('commit_begun')).toEqual(['pending', 'unknown']);
    expect(PAYMENT_STATES.filter(isOpen)).toEqual([...OPEN_STATES]);
  });
});
