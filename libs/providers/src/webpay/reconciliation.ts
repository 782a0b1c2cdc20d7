import type { Reconciliation } from '@puente/kernel';
import { type Charge, isFinal, refundableOf } from './transaction-verdict';
import { WebpayUnclearError } from './webpay.errors';
import type { Captured, MallTransaction, Refunded, Transaction } from './webpay.schemas';

/** Whether a commit happened, by what `status` says afterwards. A rejected charge is a commit that happened. */
export function committed(transaction: Transaction): Reconciliation<Transaction> {
  return isFinal(transaction.status) ? { kind: 'applied', output: transaction } : { kind: 'absent' };
}

/** The same for a mall, whose shops are charged one after another: some and not others is not over yet. */
export function mallCommitted(transaction: MallTransaction): Reconciliation<MallTransaction> {
  const done = transaction.details.filter(({ status }) => isFinal(status)).length;
  if (done === transaction.details.length) return { kind: 'applied', output: transaction };
  return { kind: done === 0 ? 'absent' : 'pending' };
}

/**
 * Whether a refund happened. Webpay keeps no list of them, and a reversal has no id: the balance before and after is all
 * there is. Anything but these two is somebody else's refund, and then only a person knows (T32).
 *
 * @throws {WebpayUnclearError}
 */
export function refunded(
  charge: Charge,
  { amount, balanceBefore }: { readonly amount: number; readonly balanceBefore: number },
): Reconciliation<Refunded> {
  const left = refundableOf(charge);
  if (left === balanceBefore || isUntouched(charge)) return { kind: 'absent' };
  if (left !== balanceBefore - amount) {
    const now = left === undefined ? 'unknown' : String(left);
    throw new WebpayUnclearError(
      `Before a refund of ${String(amount)} there were ${String(balanceBefore)} left, now the balance is ${now} (${charge.status}).`,
    );
  }
  const output: Refunded =
    charge.status === 'REVERSED' ? { type: 'REVERSED' } : { type: 'NULLIFIED', nullifiedAmount: amount, balance: left };
  return { kind: 'applied', output };
}

/** Of a charge captured in part Webpay goes on showing what was authorized; after the first refund there is a balance. */
function isUntouched({ status, balance }: Charge): boolean {
  return status === 'CAPTURED' && balance === undefined;
}

/** Whether a reserved charge was captured: that can be done once, and for one amount. */
export function captured(
  { status }: Pick<Charge, 'status'>,
  { amount, authorizationCode }: { readonly amount: number; readonly authorizationCode: string },
): Reconciliation<Captured> {
  // Refunds of a captured charge have their own statuses; a reversal is what becomes of one that never was.
  const isCaptured = status === 'CAPTURED' || status === 'NULLIFIED' || status === 'PARTIALLY_NULLIFIED';
  return isCaptured ? { kind: 'applied', output: { capturedAmount: amount, authorizationCode } } : { kind: 'absent' };
}
