import type { BrokerMessage, RequestView } from '../../support/shop-tenant';
import type { Buyers } from './buyers';
import { MONEY } from './buyers';

/** A payment, as our tables have it. */
export interface KnownPayment {
  readonly reference: string;
  readonly buyOrder: string;
  readonly state: string;
}

/** What an account's postings sum to. */
export interface AccountSum {
  readonly account: string;
  readonly amount: number;
}

export interface PurchaseEvidence {
  readonly units: number;
  readonly unitsLeft: number;
  readonly buyers: Buyers;
  readonly requests: readonly RequestView[];
  /** By user, as the API says. */
  readonly wallets: ReadonlyMap<string, number>;
  readonly accounts: readonly AccountSum[];
  /** One line per entry of a request: `purchase` or `refund`. */
  readonly entries: readonly { readonly requestId: string; readonly kind: string }[];
  readonly payments: readonly KnownPayment[];
  /** Buy orders that the stand-in charged, and did not give back. */
  readonly charged: readonly string[];
  readonly validations: readonly BrokerMessage[];
  readonly mails: ReadonlyMap<string, number>;
}

export interface PurchaseVerdict {
  readonly id: string;
  readonly name: string;
  readonly violations: readonly string[];
}

type Invariant = Omit<PurchaseVerdict, 'violations'> & { violations(evidence: PurchaseEvidence): string[] };

const invariants: readonly Invariant[] = [
  {
    id: 'S1-everybody-is-answered',
    name: 'every buyer gets an answer, and every request ends',
    violations: ({ buyers: { surprises }, requests }) => [
      ...surprises,
      ...requests
        .filter(({ status }) => status !== 'accepted' && status !== 'rejected')
        .map(({ request_id, status }) => `${request_id} is ${status}`),
    ],
  },
  {
    id: 'S2-units',
    name: 'units sold and units left are all units there were',
    violations: ({ units, unitsLeft, requests }) => {
      const sold = requests.filter(isAccepted).reduce((sum, { quantity }) => sum + quantity, 0);
      return sold + unitsLeft === units ? [] : [`${String(sold)} sold, ${String(unitsLeft)} left of ${String(units)}`];
    },
  },
  {
    id: 'S2-sold-out-is-true',
    name: 'whoever is told to the end that too few units are left wanted more than are left',
    violations: ({ unitsLeft, buyers: { soldOut } }) =>
      soldOut
        .filter(({ quantity }) => quantity <= unitsLeft)
        .map(
          ({ id, quantity }) => `buyer ${String(id)} got none of ${String(quantity)}; ${String(unitsLeft)} are left`,
        ),
  },
  {
    id: 'S3-books',
    name: 'postings sum to zero, and no wallet holds anything else than they say',
    violations: ({ accounts, wallets }) => {
      const total = accounts.reduce((sum, { amount }) => sum + amount, 0);
      const known = new Map(accounts.map(({ account, amount }) => [account, amount]));
      const wrong = [...wallets].filter(([user, balance]) => balance < 0 || known.get(`user:${user}`) !== balance);
      return [
        ...(total === 0 ? [] : [`they sum to ${String(total)}`]),
        ...wrong.map(([user, balance]) => `user ${user} has ${String(balance)}`),
      ];
    },
  },
  {
    id: 'S4-wallet-once',
    name: 'an accepted request of a wallet took its price once; a rejected one gave it back once',
    violations: ({ requests, entries, wallets }) =>
      requests
        .filter(({ wallet }) => wallet)
        .flatMap((request) => {
          const kinds = entries.filter(({ requestId }) => requestId === request.request_id).map(({ kind }) => kind);
          const expected = isAccepted(request) ? 'purchase' : 'purchase,refund';
          const left = MONEY - (isAccepted(request) ? request.amount : 0);
          const balance = wallets.get(request.user_id ?? '');
          return kinds.sort().join() === expected && balance === left
            ? []
            : [`${request.request_id} (${request.status}): ${kinds.join()}, ${String(balance)} left`];
        }),
  },
  {
    id: 'S5-paid-once',
    name: 'an accepted request that was to be paid has exactly one paid payment, charged by Webpay; a rejected one keeps no charge',
    violations: ({ requests, payments, charged }) =>
      requests
        .filter(({ wallet }) => !wallet)
        .flatMap((request) => {
          const own = payments.filter(({ reference }) => reference === request.request_id);
          const paid = own.filter(({ state }) => state === 'paid').length;
          const charges = own.filter(({ buyOrder }) => charged.includes(buyOrder)).length;
          const expected = isAccepted(request) ? 1 : 0;
          return paid === expected && charges === expected
            ? []
            : [`${request.request_id} (${request.status}): ${String(paid)} paid, ${String(charges)} charged`];
        }),
  },
  {
    id: 'S6-told',
    name: 'each end of a payment is said over MQTT at least once, always the same',
    violations: ({ requests, validations }) =>
      requests
        .filter(({ wallet }) => !wallet)
        .flatMap((request) => {
          const { request_id } = request;
          const said = new Set(validations.flatMap(({ payload }) => (payload.includes(request_id) ? [payload] : [])));
          const expected = JSON.stringify({ request_id, group_id: '15', seller: 0, valid: isAccepted(request) });
          return said.size === 1 && said.has(expected) ? [] : [`${request_id}: ${[...said].join(' ')}`];
        }),
  },
  {
    id: 'S7-one-mail',
    name: 'nobody gets a second mail about the same request',
    violations: ({ mails }) =>
      [...mails].filter(([, count]) => count > 1).map(([user, count]) => `user ${user} got ${String(count)}`),
  },
];

export function purchaseVerdicts(evidence: PurchaseEvidence): PurchaseVerdict[] {
  return invariants.map(({ id, name, violations }) => ({ id, name, violations: violations(evidence) }));
}

function isAccepted({ status }: RequestView): boolean {
  return status === 'accepted';
}
