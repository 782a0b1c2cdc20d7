import type { Effect } from '../provider/effect-log';
import type { AttemptRow, Change, LedgerEvidence, OperationRow, OrderRow } from './evidence';
import type { ItemKind } from './ledger-plan';
import type { Accepted } from './load';

/** One piece of accepted work beside everything that is left to see of it. */
export interface Case {
  readonly accepted: Accepted;
  readonly row: OperationRow | undefined;
  readonly effects: readonly Effect[];
  readonly attempts: readonly AttemptRow[];
  readonly changes: readonly Change[];
  readonly order: OrderRow | undefined;
}

/** What was accepted beside what happened. */
export class JudgedLedger {
  readonly cases: readonly Case[];

  constructor(
    readonly accepted: readonly Accepted[],
    readonly evidence: LedgerEvidence,
    readonly surprises: readonly string[],
    /** Tokens of the tenants, by their place. */
    readonly tokens: readonly string[],
  ) {
    const { effects, operations, attempts, changes, orders } = evidence;
    const rows = new Map(operations.map((row) => [row.id, row]));
    const effectsOf = grouped(effects, ({ ref }) => ref);
    const attemptsOf = grouped(attempts, ({ operation_id }) => operation_id);
    const changesOf = grouped(changes, ({ id }) => id);
    const orderOf = new Map(orders.map((order) => [order.operation_id, order]));
    this.cases = accepted.map((each) => ({
      accepted: each,
      row: rows.get(each.operationId),
      effects: effectsOf.get(each.item.ref) ?? [],
      attempts: attemptsOf.get(each.operationId) ?? [],
      changes: changesOf.get(each.operationId) ?? [],
      order: orderOf.get(each.operationId),
    }));
  }

  of(...kinds: readonly ItemKind[]): readonly Case[] {
    return this.cases.filter(({ accepted: { item } }) => kinds.includes(item.kind));
  }

  /** Those that hurt nobody on purpose. */
  get innocent(): readonly Case[] {
    return this.cases.filter(({ accepted: { item } }) => item.kind !== 'poison');
  }
}

export function refOf({ accepted: { item } }: Case): string {
  return item.ref;
}

/** A sentence for a report: what it is, where it ended, what it did. */
export function describe({ accepted: { item, operationId }, row, effects }: Case): string {
  const state = row ? `${row.state}${row.failure === null ? '' : ` (${row.failure})`}` : 'no row';
  const seen = effects.map(({ how, repeat }) => `${how}${repeat > 0 ? ` repeat ${String(repeat)}` : ''}`).join(', ');
  return `${item.ref} ${operationId}: ${state}, ${String(effects.length)} effects${seen === '' ? '' : ` [${seen}]`}`;
}

export function grouped<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const found = new Map<string, T[]>();
  for (const item of items) {
    const same = found.get(keyOf(item));
    if (same) same.push(item);
    else found.set(keyOf(item), [item]);
  }
  return found;
}
