import { bodyOf } from '../../support/sandbox-client';
import type { PayWorld, Told, WebpayCall } from './pay-world';

/** A payment, as our tables have it. */
export interface PaymentRow {
  readonly tenantId: string;
  readonly id: string;
  readonly reference: string;
  readonly buyOrder: string;
  readonly amount: number;
  readonly state: string;
  readonly review: string | null;
  readonly token: string | null;
  readonly refundedAmount: number;
}

export interface RefundRow {
  readonly paymentId: string;
  readonly amount: number;
  readonly state: string;
}

/** A step in the history of a payment. */
export interface StepRow {
  readonly paymentId: string;
  readonly from: string;
  readonly to: string;
}

/** What Webpay did, by its own books: `charge`, `rejection`, `reversal`, `nullification`. */
export interface WebpayEffect {
  readonly effect: string;
  readonly token: string;
  readonly buyOrder: string;
  readonly amount?: number;
}

export interface RequestRow {
  readonly requestId: string;
  readonly fixture: string;
  readonly status: string;
  readonly quantity: number;
  readonly amount: number;
  readonly wallet: boolean;
}

export interface PayEvidence {
  readonly payments: readonly PaymentRow[];
  readonly refunds: readonly RefundRow[];
  readonly steps: readonly StepRow[];
  readonly effects: readonly WebpayEffect[];
  readonly calls: readonly WebpayCall[];
  readonly told: readonly Told[];
  readonly requests: readonly RequestRow[];
  /** `{tenantId}/{paymentId}` of what operators were told that a person has to look at. */
  readonly reviewsTold: readonly string[];
  /** Units of each fixture of the shop: those there were, and those left. */
  readonly fixtures: readonly { readonly fixture: string; readonly units: number; readonly left: number }[];
  readonly postings: readonly { readonly account: string; readonly amount: number }[];
  readonly entries: readonly { readonly requestId: string; readonly kind: string }[];
  /** What clients were answered that they must never be. */
  readonly surprises: readonly string[];
  /** What had not ended when patience was over. */
  readonly open: readonly string[];
}

const PAYMENTS = `
  SELECT tenant_id AS "tenantId", id, reference, buy_order AS "buyOrder", amount::float8 AS amount, state, review, token,
    refunded_amount::float8 AS "refundedAmount" FROM payments ORDER BY id`;
const REFUNDS = `SELECT payment_id AS "paymentId", amount::float8 AS amount, state FROM payment_refunds ORDER BY id`;
const STEPS = `
  SELECT payment_id AS "paymentId", from_state AS "from", to_state AS "to" FROM payment_events
  WHERE type = 'payment.state_changed' ORDER BY payment_id, id`;
const REQUESTS = `
  SELECT request_id AS "requestId", fixture_id AS fixture, status, quantity::float8 AS quantity, amount::float8 AS amount, wallet
  FROM purchase_requests ORDER BY seq`;
const REVIEWS = `SELECT subject FROM operator_events WHERE type = 'payment.needs_review'`;
const FIXTURES = `SELECT fixture_id AS fixture, units::float8 AS units, units_left::float8 AS "left" FROM fixtures`;
const POSTINGS = `SELECT account, sum(amount)::float8 AS amount FROM wallet_postings GROUP BY account`;
const ENTRIES = `SELECT request_id AS "requestId", kind FROM wallet_entries WHERE request_id IS NOT NULL`;

/** All there is to see, at Webpay and with us, past row-level security. */
export async function gather(world: PayWorld, said: Pick<PayEvidence, 'surprises' | 'open'>): Promise<PayEvidence> {
  const rows = <Row>(sql: string): Promise<Row[]> => world.world.postgres.sql<Row>(sql);
  const effects = await world.control.get('/_sandbox/webpay/received?limit=1000000');
  const reviews = await rows<{ subject: string }>(REVIEWS);
  return {
    ...{ payments: await rows(PAYMENTS), refunds: await rows(REFUNDS), steps: await rows(STEPS) },
    ...{ requests: await rows(REQUESTS), fixtures: await rows(FIXTURES), postings: await rows(POSTINGS) },
    ...{ entries: await rows(ENTRIES), reviewsTold: reviews.map(({ subject }) => subject) },
    effects: bodyOf<WebpayEffect[]>(effects, 200),
    ...{ calls: world.calls(), told: world.told },
    ...said,
  };
}

/** What has not ended, in words; empty: everything has. */
export async function unfinished(world: PayWorld): Promise<string[]> {
  const rows = await world.world.postgres.sql<{ what: string }>(
    `SELECT 'payment ' || id || ' is ' || state AS what FROM payments WHERE state IN ('created', 'pending', 'committing', 'unknown')
     UNION ALL SELECT 'refund ' || id || ' is ' || state FROM payment_refunds WHERE state IN ('requested', 'unknown')
     UNION ALL SELECT 'request ' || request_id || ' is ' || status FROM purchase_requests WHERE status NOT IN ('accepted', 'rejected')
     UNION ALL SELECT provider || '.' || operation || ' ' || id || ' is ' || state FROM operations
       WHERE state IN ('queued', 'running', 'unknown')`,
  );
  return rows.map(({ what }) => what);
}

/** The charges of a transaction, by Webpay's books. */
export function chargesOf({ effects }: PayEvidence, token: string | null): readonly WebpayEffect[] {
  return effects.filter((one) => one.effect === 'charge' && one.token === token);
}

/** What Webpay gave back of it. */
export function givenBack({ effects }: PayEvidence, token: string | null): number {
  return effects
    .filter((one) => (one.effect === 'reversal' || one.effect === 'nullification') && one.token === token)
    .reduce((sum, { amount = 0 }) => sum + amount, 0);
}
