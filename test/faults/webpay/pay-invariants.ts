import { chargesOf, givenBack, type PayEvidence, type PaymentRow } from './pay-evidence';

export interface PayVerdict {
  readonly id: string;
  readonly name: string;
  readonly violations: readonly string[];
}

interface Invariant {
  readonly id: string;
  readonly name: string;
  violations(evidence: PayEvidence): string[];
}

/** The order counts as paid, or was, until the money went back. */
const MONEY = ['paid', 'captured', 'partially_refunded'];
const BACK = ['partially_refunded', 'refunded', 'reversed'];
/** What a payer is told who was not charged. */
const UNCHARGED = ['rejected', 'cancelled', 'expired'];

const ofMoney: readonly Invariant[] = [
  {
    id: 'P1-everything-ends',
    name: 'everybody is answered, and every payment, refund and request ends',
    violations: ({ surprises, open }) => [...surprises, ...open],
  },
  {
    id: 'P2-no-charge-is-lost',
    name: 'each transaction that Webpay charged is an approved payment, or one that a person has to look at',
    violations: ({ effects, payments }) =>
      effects
        .filter(({ effect }) => effect === 'charge')
        .flatMap(({ token, buyOrder }) => {
          const own = payments.filter((one) => one.token === token);
          const [only] = own;
          const known = only && (isMoney(only) || BACK.includes(only.state) || only.state === 'needs_review');
          return own.length === 1 && known
            ? []
            : [`${buyOrder} was charged: ${own.map(said).join() || 'nobody knows'}`];
        }),
  },
  {
    id: 'P3-no-approval-without-charge',
    name: 'each payment that counts as paid was charged by Webpay: once, and for its own amount and buy order',
    violations: (evidence) =>
      evidence.payments
        .filter((one) => isMoney(one) || BACK.includes(one.state))
        .flatMap((one) => {
          const charges = chargesOf(evidence, one.token);
          const [charge] = charges;
          const equal = charge?.amount === one.amount && charge.buyOrder === one.buyOrder;
          return charges.length === 1 && equal ? [] : [`${said(one)}: charged ${JSON.stringify(charges)}`];
        }),
  },
  {
    id: 'P4-one-commit',
    name: 'each token is committed once: never again after an answer, never twice at a time',
    violations: ({ calls }) => {
      const commits = calls.filter(({ operation }) => operation === 'commit');
      const tokens = [...new Set(commits.map(({ token }) => token ?? ''))];
      return tokens.flatMap((token) => {
        const own = commits.filter((one) => one.token === token).sort((a, b) => a.begunMs - b.begunMs);
        const first = own.findIndex(({ status }) => status === 200);
        const again = first < 0 ? 0 : own.length - 1 - first;
        const beside = own.filter((one, n) => n > 0 && one.begunMs < (own[n - 1]?.endedMs ?? 0)).length;
        return again + beside === 0
          ? []
          : [`${token.slice(0, 12)}: ${String(again)} after it was answered, ${String(beside)} beside another one`];
      });
    },
  },
  {
    id: 'P5-refunds',
    name: 'what we gave back is what Webpay gave back, and never more than was charged',
    violations: (evidence) =>
      evidence.payments.flatMap((one) => {
        const ours = sum(evidence.refunds.filter(({ paymentId, state }) => paymentId === one.id && state === 'done'));
        const theirs = givenBack(evidence, one.token);
        const charged = sum(chargesOf(evidence, one.token));
        return ours === theirs && one.refundedAmount === theirs && theirs <= charged
          ? []
          : [`${said(one)}: ${String(ours)} by refunds, ${String(one.refundedAmount)} by payment, ${String(theirs)} of ${String(charged)} by Webpay`]; // prettier-ignore
      }),
  },
  {
    id: 'P6-one-payment-per-order',
    name: 'an order is paid by one payment; money on top waits for a person',
    violations: ({ payments }) => {
      const paid = payments.filter(isMoney).map(({ tenantId, reference }) => `${tenantId}/${reference}`);
      return [...new Set(paid.filter((order, at) => paid.indexOf(order) !== at))];
    },
  },
  {
    id: 'P7-history',
    name: 'a payment is approved once, and never leaves that but by a refund',
    violations: ({ payments, steps }) =>
      payments.flatMap((one) => {
        const own = steps.filter(({ paymentId }) => paymentId === one.id);
        const approvals = own.filter(({ to }) => to === 'paid').length;
        const left = own.filter(({ from, to }) => isPaid(from) && !BACK.includes(to) && to !== 'captured');
        return approvals <= 1 && left.length === 0
          ? []
          : [`${said(one)}: ${own.map(({ from, to }) => `${from}>${to}`).join(' ')}`];
      }),
  },
  {
    id: 'P8-payers-hear-the-truth',
    name: 'nobody is told of a payment that was not charged, and nobody who was charged is told they were not',
    violations: (evidence) =>
      evidence.told.flatMap(({ token, state }) => {
        const charged = chargesOf(evidence, token).length > 0;
        const lie = charged ? UNCHARGED.includes(state) : MONEY.includes(state);
        return lie ? [`${token.slice(0, 12)} was told ${state}, and was ${charged ? '' : 'not '}charged`] : [];
      }),
  },
  {
    id: 'P9-reviews-are-seen',
    name: 'operators are told of each payment that waits for a person',
    violations: ({ payments, reviewsTold }) =>
      payments
        .filter(({ state, id }) => state === 'needs_review' && !reviewsTold.some((subject) => subject.includes(id)))
        .map(said),
  },
];

const ofShop: readonly Invariant[] = [
  {
    id: 'P10-units',
    name: 'units sold and units left are all units there were',
    violations: ({ fixtures, requests }) =>
      fixtures.flatMap(({ fixture, units, left }) => {
        const accepted = requests.filter((one) => one.fixture === fixture && one.status === 'accepted');
        const sold = accepted.reduce((all, { quantity }) => all + quantity, 0);
        return sold + left === units
          ? []
          : [`${fixture}: ${String(sold)} sold, ${String(left)} left of ${String(units)}`];
      }),
  },
  {
    id: 'P11-requests-follow-money',
    name: 'a request is accepted by one payment or one debit, and a rejected one keeps neither',
    violations: ({ requests, payments, entries }) =>
      requests.flatMap(({ requestId, status, wallet }) => {
        const paid = payments.filter((one) => one.reference === requestId && isMoney(one)).length;
        const kinds = entries.filter((one) => one.requestId === requestId).map(({ kind }) => kind);
        const debits = wallet ? kinds.filter((kind) => kind === 'purchase').length : 0;
        const kept = paid + debits - kinds.filter((kind) => kind === 'refund').length;
        return kept === (status === 'accepted' ? 1 : 0) ? [] : [`${requestId} (${status}): ${String(paid)} paid, ${kinds.join()}`]; // prettier-ignore
      }),
  },
  {
    id: 'P12-books',
    name: 'postings of the wallets sum to zero, and no wallet is below it',
    violations: ({ postings }) => {
      const total = postings.reduce((all, { amount }) => all + amount, 0);
      const below = postings.filter(({ account, amount }) => account.startsWith('user:') && amount < 0);
      return [...(total === 0 ? [] : [`they sum to ${String(total)}`]), ...below.map(({ account }) => account)];
    },
  },
];

export const payInvariants: readonly Invariant[] = [...ofMoney, ...ofShop];

export function isMoney({ state }: Pick<PaymentRow, 'state'>): boolean {
  return MONEY.includes(state);
}

export function payVerdicts(evidence: PayEvidence): PayVerdict[] {
  return payInvariants.map(({ id, name, violations }) => ({ id, name, violations: violations(evidence) }));
}

export function said({ buyOrder, state, review }: PaymentRow): string {
  return `${buyOrder} is ${state}${review === null ? '' : ` (${review})`}`;
}

function isPaid(state: string): boolean {
  return MONEY.includes(state);
}

function sum(list: readonly { readonly amount?: number }[]): number {
  return list.reduce((all, { amount = 0 }) => all + amount, 0);
}
