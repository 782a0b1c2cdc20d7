import type { PlantedBug } from './planted-bug';

const LEASES = 'libs/ledger/src/dispatch/leases.pg.spec.ts';
const SECONDS = 24;

/** Guards of the claim, the lease and the settle. */
const leases: readonly PlantedBug[] = [
  {
    name: 'no-fence-in-claim',
    what: 'a claim keeps the fence of the claim before',
    file: 'libs/ledger/src/sql/claim.ts',
    find: 'fence = o.fence + 1, attempt =',
    replace: 'fence = o.fence, attempt =',
    breaks: ['I7-fence-rises'],
    chaos: { seconds: SECONDS, faults: ['kill_worker'] },
    directed: {
      file: LEASES,
      title: 'raises the fence with every claim and refuses the failure of a worker that lost its lease (F13)',
    },
  },
  {
    name: 'settle-without-compare',
    what: 'a settle does not ask whether the lease is still its own',
    file: 'libs/ledger/src/sql/settle.ts',
    find: "AND ((o.fence = u.fence AND o.state = 'running')",
    replace: "AND ((o.state = 'running')",
    breaks: ['I7-fence-rises'],
    directed: { file: LEASES, title: 'refuses the failure of a stale worker while another one runs' },
  },
  {
    name: 'no-write-ahead-mark',
    what: 'nothing is written before a call that must not be repeated',
    file: 'libs/ledger/src/dispatch/sent-marker.ts',
    find: "  return effect !== 'idempotent' || (keyWindowMs",
    replace: "  return effect === 'read' as string || (keyWindowMs",
    breaks: ['I3-reconcilable-once', 'I4-once-at-most-once'],
    chaos: {
      ...{ seconds: SECONDS, faults: ['kill_worker'], kinds: ['pay', 'review'], poisons: 0 },
      script: { first: ['slow', 'hang_after'], later: [] },
    },
  },
  {
    name: 'no-quarantine',
    what: 'what killed its worker twice is claimed with everything else',
    file: 'libs/ledger/src/sql/claim.ts',
    find: 'AND o.crashes < 2 AND',
    replace: 'AND',
    breaks: ['I10-poison-hurts-nobody'],
    chaos: {
      ...{ seconds: 16, perSecond: 60, healMs: 100_000, faults: ['false_hints'], kinds: ['put'], poisons: 6 },
      script: { first: ['slow', 'hang_after'], later: ['slow', 'hang_after'] },
    },
    directed: {
      file: 'libs/ledger/src/dispatch/dispatcher.pg.spec.ts',
      title: 'runs alone what crashed its worker twice (F24, quarantine)',
    },
  },
  {
    name: 'sweeper-ignores-leases',
    what: 'the sweeper takes what somebody still holds',
    file: 'libs/ledger/src/sql/settle.ts',
    find: 'o.lease_until < (SELECT now FROM clock)',
    replace: "o.lease_until < (SELECT now FROM clock) + interval '1 hour'",
    breaks: ['I16-leases-hold'],
    chaos: { seconds: SECONDS, faults: ['false_hints'], kinds: ['put', 'pay'], poisons: 0 },
    directed: { file: LEASES, title: 'judges expiry by the database’s clock alone (F31)' },
  },
  {
    name: 'no-heartbeat',
    what: 'leases are not renewed while calls last',
    file: 'libs/ledger/src/dispatch/lease-keeper.ts',
    find: 'if (due.length === 0) return;',
    replace: 'if (due.length >= 0) return;',
    breaks: ['I16-leases-hold'],
    chaos: {
      ...{ seconds: SECONDS, faults: ['false_hints'], kinds: ['put'], poisons: 0 },
      script: { first: ['hang_after'], later: ['hang_after'] },
    },
    directed: { file: LEASES, title: 'renews leases by heartbeat, and aborts the call whose lease is lost' },
  },
  {
    name: 'group-settle-without-fallback',
    what: 'one result that cannot be written keeps its whole group from being written',
    file: 'libs/ledger/src/dispatch/settlement-writer.ts',
    find: 'for (const item of items) results.push(...(await this.once([item])));',
    replace: 'throw error;',
    breaks: ['I6-everything-ends'],
    directed: {
      file: LEASES,
      title: 'writes a group of results although one of them cannot be written, and sends that one to review (F38)',
    },
  },
  {
    name: 'no-order',
    what: 'a claim takes an operation although an earlier one of its order key is not settled',
    file: 'libs/ledger/src/sql/claim.ts',
    find: "AND ${HOLDS_KEY('e')} AND (e.state = 'running' OR e.seq < o.seq)))`;",
    replace: 'AND false))`;',
    breaks: ['I12-order-holds'],
    directed: { file: LEASES, title: 'never runs two of one order key at once, whatever the hint in the row says' },
  },
  {
    name: 'drain-does-not-wait',
    what: 'a worker that is asked to go does not wait for its calls',
    file: 'libs/ledger/src/dispatch/dispatcher.ts',
    find: 'while (this.slots.size > 0 && left() > 0)',
    replace: 'while (this.slots.size > 0 && left() > 1e9)',
    breaks: ['I14-deploys-cut-nothing'],
    chaos: {
      ...{ seconds: SECONDS, perSecond: 100, faults: ['term_worker'], kinds: ['put', 'pay'], poisons: 0 },
      script: { first: ['slow'], later: [] },
    },
  },
];

/** Guards of the decision: what follows from what a provider did, or may have done. */
const decisions: readonly PlantedBug[] = [
  {
    name: 'blind-retry-of-unknowns',
    what: 'a reconcilable call whose answer was lost is made again without asking',
    file: 'libs/resilience/src/retry-table.ts',
    find: "idempotent: again(1, 'none'),   reconcilable: ends('ask'),",
    replace: "idempotent: again(1, 'none'),   reconcilable: again(1, 'none'),",
    breaks: ['I3-reconcilable-once'],
    chaos: { seconds: SECONDS, faults: ['false_hints'], kinds: ['pay'], poisons: 0 },
  },
  {
    name: 'no-settle-wait',
    what: 'the provider is asked at once, while it may still be acting',
    file: 'libs/ledger/src/state-machine.ts',
    find: "state: 'unknown', delayMs: this.op.settleMs, maybeSent: true, asks: 0 };",
    replace: "state: 'unknown', delayMs: 0, maybeSent: true, asks: 0 };",
    breaks: ['I3-reconcilable-once'],
    chaos: {
      ...{ seconds: SECONDS, faults: ['false_hints'], kinds: ['pay'], poisons: 0 },
      script: { first: ['late', 'slow'], later: [] },
    },
  },
  {
    name: 'forgotten-maybe-sent',
    what: 'a retry forgets that the try before may have been sent',
    file: 'libs/ledger/src/state-machine.ts',
    find: 'this.retried(name, rule, waitMs, this.op.maybeSent || mayHaveBeenSent(failure))',
    replace: 'this.retried(name, rule, waitMs, this.op.maybeSent)',
    breaks: ['I5-no-false-absence'],
    chaos: {
      ...{ seconds: SECONDS, faults: ['false_hints'], kinds: ['put'], poisons: 0 },
      script: { first: ['reset_after', 'error_after'], later: ['refused'] },
    },
  },
  {
    name: 'refusal-is-believed',
    what: 'a 4xx after a try that may have been sent counts as a refusal',
    file: 'libs/ledger/src/state-machine.ts',
    find: "if (!this.op.maybeSent) return this.settled('rejected', failure);",
    replace: "return { ...this.settled('rejected', failure), maybeSent: false };",
    breaks: ['I5-no-false-absence'],
    chaos: {
      ...{ seconds: SECONDS, faults: ['false_hints'], kinds: ['put'], poisons: 0 },
      script: { first: ['reset_after', 'error_after'], later: ['refused'] },
    },
  },
  {
    name: 'repeats-unmarked',
    what: 'a repeat by `resend` does not say that it is one',
    file: 'libs/ledger/src/state-machine.ts',
    find: 'repeats: this.op.repeats + 1, forgetSent',
    replace: 'repeats: this.op.repeats, forgetSent',
    breaks: ['I4-repeats-are-marked'],
    chaos: { seconds: SECONDS, faults: ['false_hints'], kinds: ['resend'], poisons: 0 },
  },
  {
    name: 'lost-is-not-sent',
    what: 'a connection that broke after the request counts as proof that nothing was sent',
    file: 'libs/integrations/src/http/http-connection.ts',
    find: 'begun ? lost(error, signal) : unsent(error, signal)',
    replace: 'unsent(error, signal)',
    breaks: ['I4-once-at-most-once', 'I3-reconcilable-once'],
    chaos: { seconds: SECONDS, faults: ['false_hints'], kinds: ['pay', 'review'], poisons: 0 },
  },
  {
    name: 'key-of-the-try',
    what: 'each try of an idempotent call has a key of its own',
    file: 'libs/integrations/src/gateway/gateway-executor.ts',
    find: 'dedupeKey: op.id,',
    replace: 'dedupeKey: op.id + op.fence,',
    breaks: ['I3-idempotent-once'],
    chaos: { seconds: SECONDS, faults: ['kill_worker'], kinds: ['put'], poisons: 0 },
  },
  {
    name: 'deaths-forgotten-by-answers',
    what: 'a question that was answered forgets how often the call killed its worker',
    file: 'libs/ledger/src/state-machine.ts',
    find: 'const crashes = this.asking ? this.op.crashes : 0',
    replace: 'const crashes = 0',
    breaks: ['I6-everything-ends'],
    directed: {
      file: 'libs/ledger/src/state-machine.spec.ts',
      title:
        'counts deaths through the questions between them: an answer does not make the next call less deadly (F24)',
    },
  },
];

/** Guards of the acceptance. */
const accepts: readonly PlantedBug[] = [
  {
    name: 'accept-without-unique-key',
    what: 'a key that was used before makes another operation',
    file: 'libs/ledger/src/sql/accept.ts',
    find: 'WHERE r.route IS NULL OR r.id IN (SELECT operation_id FROM inserted UNION ALL SELECT operation_id FROM taken_over))',
    replace: 'WHERE true)',
    breaks: ['I1-one-operation'],
    chaos: { seconds: SECONDS, faults: ['kill_api'], kinds: ['put', 'pay'], poisons: 0 },
  },
];

/** One guard each. A suite that stays quiet about one of them proves nothing about it. */
export const plantedBugs: readonly PlantedBug[] = [...leases, ...decisions, ...accepts];
