import type { AccountingMessage } from './accounting-message';
import { minorUnits } from './amounts';
import { type AccountingRoute, Currency } from './accounting-routes.schemas';
import { digitsOf } from './message-json';
import { fieldOf } from './templates';
import { Unusable } from './unusable';

/** Money of an entry: integer of minor units, and never without its currency. */
export interface EntryAmount {
  readonly minor: bigint;
  readonly currency: string;
}

/** What the route says is the amount; undefined when it says nothing of one. */
export function amountOf(
  { amount, via }: AccountingRoute,
  message: AccountingMessage,
): EntryAmount | Unusable | undefined {
  if (!amount) return undefined;
  const { path, currency: usual, currencyPath } = amount;
  const named = currencyPath === undefined ? undefined : fieldOf(message, currencyPath);
  const currency = Currency.safeParse(named ?? usual);
  if (!currency.success) return new Unusable(`${currencyPath ?? 'currency'} is no currency of ISO 4217`, currencyPath);
  if (via === 'load' && currency.data !== usual)
    return new Unusable(`debit and credit of this route are ${usual}, not ${currency.data}`, currencyPath);
  const digits = digitsOf(fieldOf(message, path));
  if (digits === undefined) return new Unusable(`${path} is missing, or is no amount`, path);
  const minor = minorUnits(digits, currency.data);
  return typeof minor === 'bigint' ? { minor, currency: currency.data } : new Unusable(minor.problem, path);
}
