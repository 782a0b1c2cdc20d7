import type { FaultOptions } from './fault-options';
import type { LedgerReport } from './ledger/ledger-run';
import type { PlantedBug } from './planted/planted-bug';
import type { Caught } from './planted/planted-run';
import type { FaultReport } from './trunk/fault-run';
import type { PurchaseReport } from './purchases/purchase-run';
import type { WebhookReport } from './webhooks/webhook-run';
import type { PayReport } from './webpay/pay-run';

const SHOWN = 5;

interface Verdict {
  readonly id?: string;
  readonly name: string;
  readonly violations: readonly string[];
  readonly histories?: readonly unknown[];
}

/** @returns how many invariants did not hold */
export function printTrunk(report: FaultReport, options: Pick<FaultOptions, 'json'>): number {
  const { verdicts, ...numbers } = report;
  return print({ scenario: 'trunk', ...numbers }, verdicts, options);
}

/** @returns how many invariants did not hold */
export function printLedger(report: LedgerReport, options: Pick<FaultOptions, 'json'>): number {
  const { verdicts, ...numbers } = report;
  return print({ ...numbers, violations: countOf(verdicts) }, verdicts, options);
}

/** @returns how many invariants did not hold */
export function printWebhooks(report: WebhookReport, options: Pick<FaultOptions, 'json'>): number {
  const { verdicts, ...numbers } = report;
  return print({ ...numbers, violations: countOf(verdicts) }, verdicts, options);
}

/** @returns how many invariants did not hold */
export function printPurchases(report: PurchaseReport, options: Pick<FaultOptions, 'json'>): number {
  const { verdicts, ...numbers } = report;
  return print({ ...numbers, violations: countOf(verdicts) }, verdicts, options);
}

/** @returns how many invariants did not hold */
export function printWebpay(report: PayReport, options: Pick<FaultOptions, 'json'>): number {
  const { verdicts, ...numbers } = report;
  return print({ ...numbers, violations: countOf(verdicts) }, verdicts, options);
}

/** @returns whether reviews are as rare as they must be, over all seeds */
export function printReviews(
  { of, waiting }: { readonly of: number; readonly waiting: number },
  rare: number,
): boolean {
  const few = waiting <= of * rare;
  const share = `${((100 * waiting) / of).toFixed(3)} %`;
  say(`${few ? 'ok    ' : 'FAILED'} all seeds: ${String(waiting)} of ${String(of)} wait for a person (${share})`);
  return few;
}

export function printCaught({ name, what, breaks }: PlantedBug, { caught, by, also }: Caught): void {
  say(`${caught ? 'caught' : 'MISSED'} ${name}: ${what}`);
  for (const each of by) say(`         caught by ${each}`);
  if (!caught) say(`         expected ${breaks.join(' or ')}`);
  if (also.length > 0) say(`         also violated: ${also.join(', ')}`);
}

function print(
  numbers: Readonly<Record<string, unknown>>,
  verdicts: readonly Verdict[],
  { json }: Pick<FaultOptions, 'json'>,
): number {
  const failed = verdicts.filter(({ violations }) => violations.length > 0);
  if (json) {
    say(JSON.stringify({ ...numbers, verdicts }));
    return failed.length;
  }
  for (const verdict of verdicts) show(verdict);
  for (const [name, value] of Object.entries(numbers)) say(`${name}: ${JSON.stringify(value)}`);
  say(`${String(verdicts.length - failed.length)} passed, ${String(failed.length)} failed`);
  if (failed.length > 0) say(`The same choices again: --seed ${String(numbers['seed'])}`);
  return failed.length;
}

function show({ id, name, violations, histories = [] }: Verdict): void {
  say(`${violations.length === 0 ? 'ok    ' : 'FAILED'} ${id === undefined ? '' : `${id}: `}${name}`);
  for (const violation of violations.slice(0, SHOWN)) say(`         ${violation}`);
  if (violations.length > SHOWN) say(`         … and ${String(violations.length - SHOWN)} more`);
  for (const history of histories) say(`         ${JSON.stringify(history)}`);
}

function countOf(verdicts: readonly Verdict[]): number {
  return verdicts.reduce((sum, { violations }) => sum + violations.length, 0);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
