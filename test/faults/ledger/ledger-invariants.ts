import { WAITS_MS } from '../provider/fault.provider';
import { type Change, isLive } from './evidence';
import { type Case, describe, grouped, type JudgedLedger, refOf } from './judged';

export interface LedgerInvariant {
  /** Short and for ever: planted bugs and reports name it. */
  readonly id: string;
  readonly name: string;
  /** What contradicts it, with the case where there is one; nothing when it holds. */
  violations(judged: JudgedLedger): readonly Violation[];
}

export interface Violation {
  readonly what: string;
  readonly of?: Case;
}

/** Tries of one operation at most: the schedule, the first, and what crashes may add before they are too many. */
const MOST_ATTEMPTS = WAITS_MS.length + 1 + 5;
/**
 * Reviews among idempotent and reconcilable ones, and innocents hurt by poison: one in a thousand. Two more are chance in
 * one run of some 1,400; the command holds all its seeds together to the thousandth.
 */
export const RARE = 0.001;
const CHANCE = 2;
const CLAIM_NO_EFFECT = ['rejected', 'exhausted', 'cancelled'];

/**
 * What must hold after any of it, checked against what the stand-in did and not against our own tables; the tables are
 * then compared with that. Named as in research §3.6.
 */
export const ledgerInvariants: readonly LedgerInvariant[] = [
  {
    id: 'I1-one-operation',
    name: 'what was acknowledged is one operation, and one key is one operation',
    violations: (judged) => [
      ...where(judged.cases, ({ row }) => row === undefined),
      ...repeatedKeys(judged),
      ...judged.surprises.map((what) => ({ what })),
    ],
  },
  {
    id: 'I2-domain-agrees',
    name: 'domain rows and operations agree, in number and in what became of them',
    violations: (judged) => domainDisagrees(judged),
  },
  {
    id: 'I3-success-has-effect',
    name: 'nothing succeeded without an effect',
    violations: (judged) =>
      where(judged.cases, ({ row, effects }) => row?.state === 'succeeded' && effects.length === 0),
  },
  {
    id: 'I3-idempotent-once',
    name: 'no idempotent operation has two effects',
    violations: (judged) =>
      where(judged.cases, ({ row, effects }) => row?.effect === 'idempotent' && effects.length > 1),
  },
  {
    id: 'I3-reconcilable-once',
    name: 'no reconcilable operation has two effects',
    violations: (judged) =>
      where(judged.cases, ({ row, effects }) => row?.effect === 'reconcilable' && effects.length > 1),
  },
  {
    id: 'I4-once-at-most-once',
    name: 'with `review` and with `drop` nothing is done twice',
    violations: (judged) => where(judged.of('review', 'drop'), ({ effects }) => effects.length > 1),
  },
  {
    id: 'I4-repeats-are-marked',
    name: 'with `resend` every repeat is marked, each with a number of its own',
    violations: (judged) =>
      where(judged.of('resend'), ({ effects }) => new Set(effects.map(({ repeat }) => repeat)).size < effects.length),
  },
  {
    id: 'I5-no-false-absence',
    name: 'nothing is called rejected, exhausted or cancelled that was done',
    violations: (judged) =>
      where(judged.cases, ({ row, effects }) => CLAIM_NO_EFFECT.includes(row?.state ?? '') && effects.length > 0),
  },
  {
    id: 'I6-everything-ends',
    name: 'everything accepted has ended',
    violations: (judged) => where(judged.cases, ({ row }) => row !== undefined && isLive(row.state)),
  },
  {
    id: 'I7-fence-rises',
    name: 'with every claim the fence rises, and a try that lost its lease changes nothing but by a success',
    violations: (judged) => where(judged.cases, (each) => fenceFalls(each)),
  },
  {
    id: 'I7-attempts-bounded',
    name: 'tries are bounded',
    violations: (judged) => where(judged.cases, ({ row }) => (row?.attempt ?? 0) > MOST_ATTEMPTS),
  },
  {
    id: 'I8-tries-are-written',
    name: 'each try that counts has its row',
    violations: (judged) =>
      where(
        judged.cases,
        ({ row, attempts }) => (row?.attempt ?? 0) > attempts.filter(({ mode }) => mode === 'call').length,
      ),
  },
  {
    id: 'I9-ended-stays',
    name: 'what has ended changes no more, but by a late success of what waits for a review',
    violations: (judged) =>
      where(judged.cases, ({ changes }) =>
        changes.some(
          ({ was_settled, old_state, new_state }) =>
            was_settled && !(old_state === 'needs_review' && new_state === 'succeeded'),
        ),
      ),
  },
  {
    id: 'I10-poison-hurts-nobody',
    name: 'no innocent operation is given up because its workers died',
    violations: (judged) =>
      rarely(
        judged.innocent,
        ({ row }) => row?.failure === 'unknown:crash' && gaveUp(row.state) && row.effect !== 'once',
      ),
  },
  {
    id: 'I10-poison-ends',
    name: 'poison ends without an effect, after a few deaths and no more',
    violations: (judged) =>
      where(judged.of('poison'), ({ row, effects }) => row?.state === 'succeeded' || effects.length > 0),
  },
  {
    id: 'I11-own-credentials',
    name: 'every effect came with its own tenant’s credentials',
    violations: (judged) =>
      where(judged.cases, ({ accepted: { item }, effects }) =>
        effects.some(({ token }) => token !== judged.tokens[item.tenant]),
      ),
  },
  {
    id: 'I12-order-holds',
    name: 'on a shelf the order of acceptance is the order of the effects',
    violations: (judged) => disorder(judged),
  },
  {
    id: 'I13-reviews-are-rare',
    name: 'of what can be repeated or asked about, hardly anything waits for a person',
    violations: (judged) =>
      rarely(judged.innocent, ({ row }) => row?.state === 'needs_review' && row.effect !== 'once'),
  },
  {
    id: 'I14-deploys-cut-nothing',
    name: 'a process that was asked to go leaves no call of its own unknown',
    violations: ({ evidence }) => evidence.cutByDeploys.map((what) => ({ what })),
  },
  {
    id: 'I16-leases-hold',
    name: 'who lives keeps what it holds (where nothing but deaths is planned)',
    violations: ({ evidence }) => evidence.takenFromLiving.map((what) => ({ what })),
  },
  {
    id: 'I15-nothing-from-nowhere',
    name: 'the stand-in did nothing that nobody asked for',
    violations: (judged) => {
      const asked = new Set(judged.cases.map(refOf));
      return judged.evidence.effects.filter(({ ref }) => !asked.has(ref)).map(({ ref }) => ({ what: ref }));
    },
  },
];

function where(cases: readonly Case[], broken: (each: Case) => boolean): Violation[] {
  return cases.filter(broken).map((of) => ({ what: describe(of), of }));
}

/** Nothing as long as it is about one in a thousand. */
function rarely(cases: readonly Case[], broken: (each: Case) => boolean): Violation[] {
  const found = where(cases, broken);
  return found.length <= Math.floor(cases.length * RARE) + CHANCE ? [] : found;
}

function gaveUp(state: string): boolean {
  return ['needs_review', 'exhausted', 'dropped'].includes(state);
}

function repeatedKeys({ evidence: { operations } }: JudgedLedger): Violation[] {
  const byKey = grouped(operations, ({ tenant_id, route_key }) => `${tenant_id} ${route_key ?? ''}`);
  return [...byKey]
    .filter(([, rows]) => rows.length > 1)
    .map(([key, rows]) => ({ what: `${key}: ${rows.map(({ id }) => id).join(', ')}` }));
}

function domainDisagrees({ cases, evidence: { orders } }: JudgedLedger): Violation[] {
  const ordered = cases.filter(({ accepted: { orderId } }) => orderId !== undefined);
  const told = where(
    ordered,
    ({ order, row, accepted }) => order?.id !== accepted.orderId || order?.status !== row?.state || order?.told === 0,
  );
  const known = new Set(ordered.map(({ accepted }) => accepted.operationId));
  const strays = orders.filter(({ operation_id }) => !known.has(operation_id));
  return [...told, ...strays.map(({ ref }) => ({ what: `${ref}: an order whose acceptance nobody was told` }))];
}

/**
 * A claim has a fence of its own and takes nothing that runs; what a try wrote, it wrote under the fence it was claimed
 * with. A success may come late.
 */
function fenceFalls({ changes, attempts }: Case): boolean {
  const falls = changes.some(({ old_fence, new_fence, new_state, old_state }) => {
    const rose = BigInt(new_fence) - BigInt(old_fence);
    const claimed = new_state === 'running' && old_state !== 'running';
    return rose < 0n || (claimed && rose !== 1n) || (new_state === 'running' && !claimed && rose !== 0n);
  });
  const settled = new Set(changes.flatMap((change) => (isSettle(change) ? [change.old_fence] : [])));
  const wrote = attempts.filter(({ applied, outcome }) => applied && !['ok', 'applied', 'crash'].includes(outcome));
  return falls || wrote.some(({ fence }) => !settled.has(fence));
}

/** Not the sweeper's: that one raises the fence. */
function isSettle({ old_state, old_fence, new_fence }: Change): boolean {
  return old_state === 'running' && old_fence === new_fence;
}

function disorder({ cases }: JudgedLedger): Violation[] {
  const shelves = grouped(
    cases.filter(({ row }) => row !== undefined && row.order_key !== null),
    ({ row }) => `${row?.tenant_id ?? ''} ${row?.order_key ?? ''}`,
  );
  return [...shelves].flatMap(([shelf, members]) => {
    const inOrder = [...members].sort((a, b) => Number(a.row?.seq) - Number(b.row?.seq));
    const done = inOrder.flatMap(({ effects: [first] }) => (first ? [first] : []));
    return done
      .filter(({ n }, place) => n < (done[place - 1]?.n ?? 0))
      .map(({ ref }) => ({ what: `${shelf}: ${ref} came too early or too late` }));
  });
}
