import type { OperationState } from '@puente/ledger';
import type { EntryKind } from './accounting-routes.schemas';
import { decimalText } from './amounts';
import type { EntryOrigin, EntryRow } from './entry-rows';
import type { Direction } from './load-call';

/** An entry as people and programs read it. */
export interface EntryView {
  readonly id: string;
  readonly kind: EntryKind;
  readonly route: string;
  readonly routesVersion: number;
  readonly key: string;
  /** Of its newest operation. `succeeded`: it is in the books, posted. */
  readonly state: OperationState;
  /** Exact, with all decimals of the currency. */
  readonly amount: string | null;
  readonly currency: string | null;
  readonly direction: Direction | null;
  readonly reference: string | null;
  readonly integration: string;
  readonly operationId: string;
  readonly earlierOperationIds: readonly string[];
  /** Why it is not in the books, or not yet; the message is Odoo's own. */
  readonly problem: { readonly code: string | null; readonly message: string | null } | null;
  readonly nextAttemptAt: Date | null;
  /** Number of the record in Odoo, where the method answers with it. */
  readonly odooId: number | null;
  /** Odoo had it already: an earlier try, whose answer was lost, had posted it. */
  readonly duplicate: boolean | null;
  readonly origin: EntryOrigin;
  readonly messageId: string | null;
  readonly repeats: number;
  readonly conflicts: number;
  readonly conflictAt: Date | null;
  readonly createdAt: Date;
  readonly settledAt: Date | null;
}

export function entryView(row: EntryRow): EntryView {
  const { entryKey, earlier, amountMinor, currency, code, problem, odooId, ...rest } = row;
  const state = row.state ?? 'queued';
  const hasProblem = state !== 'succeeded' && (code !== null || problem !== null);
  return {
    ...rest,
    ...{ state, key: entryKey, earlierOperationIds: earlier, currency },
    amount: amountMinor === null || currency === null ? null : decimalText(BigInt(amountMinor), currency),
    problem: hasProblem ? { code, message: problem } : null,
    odooId: odooId === null ? null : Number(odooId),
  };
}
