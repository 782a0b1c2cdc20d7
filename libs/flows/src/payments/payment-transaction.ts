import { Transaction, verdictOf } from '@puente/providers/webpay';

/** A transaction as Webpay tells it; kept in the ledger, so it is read by the schema again. */
export type ToldTransaction = Transaction;

/** @returns undefined for what is no transaction: an operation that a person closed without an answer */
export function readTransaction(output: unknown): ToldTransaction | undefined {
  return Transaction.safeParse(output).data;
}

/** What we asked for. */
export interface Asked {
  readonly amount: number;
  readonly buyOrder: string;
  readonly sessionId: string;
}

/**
 * - `approved`: charged, and ours to the last field.   - `mismatch`: something was charged, or refused, that we did not ask for.
 * - `refused`: by card or bank.   - `abandoned`: by the payer or the form's clock.   - `unfinished`: not committed yet.
 * - `given_back`: charged and reversed or annulled already.   - `unclear`: it says both.
 */
export type Verdict =
  | { readonly kind: 'approved' | 'refused' | 'abandoned' | 'unfinished' | 'given_back' | 'unclear' }
  | { readonly kind: 'mismatch'; readonly fields: readonly (keyof Asked)[] };

/**
 * The one place where a payment is approved: Webpay's own word (response code 0 with `AUTHORIZED`), and the amount, the buy
 * order and the session are those that were asked for.
 *
 * @see https://www.transbankdevelopers.cl/documentacion/como_empezar#verificacion
 */
export function judge(asked: Asked, told: ToldTransaction): Verdict {
  const fields = (['amount', 'buyOrder', 'sessionId'] as const).filter((field) => told[field] !== asked[field]);
  if (fields.length > 0) return { kind: 'mismatch', fields };
  switch (verdictOf(told)) {
    case 'approved':
    case 'captured':
      return { kind: 'approved' };
    case 'rejected':
      return { kind: 'refused' };
    case 'aborted':
      return { kind: 'abandoned' };
    case 'pending':
      return { kind: 'unfinished' };
    case 'reversed':
    case 'nullified':
    case 'partially_nullified':
      return { kind: 'given_back' };
    case 'contradictory':
      return { kind: 'unclear' };
  }
}
