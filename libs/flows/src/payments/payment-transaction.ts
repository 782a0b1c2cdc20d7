import { z } from 'zod';

const text = z.string().nullish();
const whole = z.number().int().nullish();

/** A transaction as the provider `webpay` answers with it; kept in the ledger, so it is read by a schema again. */
const Output = z.object({
  ...{ status: z.string(), responseCode: whole, amount: whole, buyOrder: text, sessionId: text, vci: text },
  ...{ authorizationCode: text, paymentTypeCode: text, cardNumber: text, installmentsNumber: whole },
  ...{ accountingDate: text, transactionDate: text, balance: whole },
});

/** @returns undefined for what is no transaction: an operation that a person closed without an answer */
export function readTransaction(output: unknown): ToldTransaction | undefined {
  const read = Output.safeParse(output);
  if (!read.success) return undefined;
  const { paymentTypeCode, cardNumber, installmentsNumber, ...told } = read.data;
  return {
    ...{ status: told.status, responseCode: told.responseCode ?? null, amount: told.amount ?? null },
    ...{ buyOrder: told.buyOrder ?? null, sessionId: told.sessionId ?? null, vci: told.vci ?? null },
    ...{ authorizationCode: told.authorizationCode ?? null, paymentType: paymentTypeCode ?? null },
    ...{ cardLast4: cardNumber?.slice(-4) ?? null, installments: installmentsNumber ?? null },
    ...{ accountingDate: told.accountingDate ?? null, transactionDate: told.transactionDate ?? null },
    balance: told.balance ?? null,
  };
}

/** What Webpay says of a transaction, in our words; whatever it leaves out is null. */
export interface ToldTransaction {
  readonly status: string;
  readonly responseCode: number | null;
  readonly amount: number | null;
  readonly buyOrder: string | null;
  readonly sessionId: string | null;
  readonly vci: string | null;
  readonly authorizationCode: string | null;
  readonly paymentType: string | null;
  readonly cardLast4: string | null;
  readonly installments: number | null;
  readonly accountingDate: string | null;
  readonly transactionDate: string | null;
  /** What can still be given back, where Webpay says so. */
  readonly balance: number | null;
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
 * - `given_back`: charged and reversed or annulled already.   - `unclear`: it says both, or something new.
 */
export type Verdict =
  | { readonly kind: 'approved' | 'refused' | 'abandoned' | 'unfinished' | 'given_back' | 'unclear' }
  | { readonly kind: 'mismatch'; readonly fields: readonly (keyof Asked)[] };

/**
 * The one place where a payment is approved: response code 0 and `AUTHORIZED` (`CAPTURED` once a deferred one was taken),
 * and the amount, the buy order and the session are those that were asked for. A response code 0 alone is no approval:
 * forms that timed out and reversed payments carry it too. `vci` is not looked at.
 *
 * @see https://www.transbankdevelopers.cl/documentacion/como_empezar#verificacion
 */
export function judge(asked: Asked, told: ToldTransaction): Verdict {
  const fields = (['amount', 'buyOrder', 'sessionId'] as const).filter((field) => told[field] !== asked[field]);
  if (fields.length > 0) return { kind: 'mismatch', fields };
  switch (told.status) {
    case 'AUTHORIZED':
    case 'CAPTURED':
      return { kind: told.responseCode === 0 ? 'approved' : 'unclear' };
    case 'FAILED':
      return { kind: told.responseCode === null || told.responseCode === 0 ? 'abandoned' : 'refused' };
    case 'INITIALIZED':
      return { kind: 'unfinished' };
    case 'REVERSED':
    case 'NULLIFIED':
    case 'PARTIALLY_NULLIFIED':
      return { kind: 'given_back' };
    default:
      return { kind: 'unclear' };
  }
}
