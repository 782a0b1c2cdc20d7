import type { ChildCharge, MallTransaction, Transaction, TransactionStatus } from './webpay.schemas';

/**
 * What a charge is, read from Webpay's own words.
 *
 * - `approved`: paid.   - `captured`: paid, after having been reserved.
 * - `rejected`: not paid, and will not be.   - `aborted`: the same, because nobody finished paying.
 * - `pending`: not paid yet.
 * - `reversed`, `nullified`, `partially_nullified`: was paid; what was given back is more than nothing.
 * - `contradictory`: says both. Nobody may act on it but a person.
 */
export const TRANSACTION_VERDICTS = [
  ...(['approved', 'captured', 'rejected', 'aborted', 'pending'] as const),
  ...(['reversed', 'nullified', 'partially_nullified', 'contradictory'] as const),
] as const;
export type Verdict = (typeof TRANSACTION_VERDICTS)[number];

export type Charge = Pick<Transaction, 'status' | 'responseCode' | 'amount' | 'balance'>;

/**
 * "Response code 0 **and** status AUTHORIZED", both, and nothing else counts: an aborted payment has response code 0 too
 * (T18), so has a reversed one (T19), and one that was never paid has none (T20). `vci` is never looked at. Equality of
 * amount, buy order and session with what was ordered is for whoever ordered.
 * https://www.transbankdevelopers.cl/documentacion/webpay-plus#confirmar-una-transaccion
 */
export function verdictOf({ status, responseCode }: Pick<Charge, 'status' | 'responseCode'>): Verdict {
  switch (status) {
    case 'INITIALIZED':
      return 'pending';
    case 'AUTHORIZED':
      return responseCode === 0 ? 'approved' : 'contradictory';
    case 'CAPTURED':
      return responseCode === 0 ? 'captured' : 'contradictory';
    case 'FAILED':
      return responseCode === undefined || responseCode === 0 ? 'aborted' : 'rejected';
    case 'REVERSED':
      return 'reversed';
    case 'NULLIFIED':
      return 'nullified';
    case 'PARTIALLY_NULLIFIED':
      return 'partially_nullified';
  }
}

/** Each shop of a mall has its own (T38): there is no verdict about the whole. */
export function childVerdicts({ details }: Pick<MallTransaction, 'details'>): readonly (ChildCharge & {
  readonly verdict: Verdict;
})[] {
  return details.map((child) => ({ ...child, verdict: verdictOf(child) }));
}

/** Whether a commit has been carried out, well or badly; until then Webpay says INITIALIZED. */
export function isFinal(status: TransactionStatus): boolean {
  return status !== 'INITIALIZED';
}

/** What can still be given back, as Webpay sees it; undefined when nothing was ever taken. */
export function refundableOf({ status, amount, balance }: Charge): number | undefined {
  switch (status) {
    case 'AUTHORIZED':
    case 'CAPTURED':
    case 'PARTIALLY_NULLIFIED':
      return balance ?? (status === 'PARTIALLY_NULLIFIED' ? undefined : amount);
    case 'REVERSED':
    case 'NULLIFIED':
      return balance ?? 0;
    case 'INITIALIZED':
    case 'FAILED':
      return undefined;
  }
}
