import { createHash } from 'node:crypto';
import type { AccountingMessage } from './accounting-message';
import type { AccountingRoute, LoadMove, LoadRecipe, Reference } from './accounting-routes.schemas';
import { decimalText } from './amounts';
import type { EntryAmount } from './entry-amount';
import { fill, textOf } from './templates';
import { Unusable } from './unusable';

type Cell = string | number | boolean;

/** What the recipe of stock Odoo needs: a record with an external id, its lines with theirs, and whether to post it. */
export interface LoadCall {
  readonly externalId: string;
  readonly model: string;
  readonly fields: Record<string, Cell>;
  readonly lines?: { readonly field: string; readonly items: { externalId: string; fields: Record<string, Cell> }[] };
  readonly post?: 'action_post';
}

/** Where S0.3 says whether money goes or comes. */
const DIRECTION = 'body.finalitix_type';

export const DIRECTIONS = ['cargo', 'abono'] as const;
/** An outgoing charge or an incoming credit. */
export type Direction = (typeof DIRECTIONS)[number];

export function directionOf(message: AccountingMessage): Direction | undefined {
  const text = textOf(message, DIRECTION);
  return DIRECTIONS.find((direction) => direction === text);
}

/** A route's recipe with a message in it. Debit and credit are the same digits, so the lines are always balanced. */
export function loadCall(
  { load }: AccountingRoute,
  message: AccountingMessage,
  amount: EntryAmount | undefined,
  odooKey: string,
): LoadCall | Unusable {
  if (!load) return new Unusable('the route has no recipe');
  const fields = filled(load, message);
  if (fields instanceof Unusable) return fields;
  const externalId = externalIdOf(load.model, odooKey);
  if (load.model === 'res.partner') return { externalId, model: load.model, fields };
  return moveCall(load, message, amount, { externalId, fields });
}

function moveCall(
  load: LoadMove,
  message: AccountingMessage,
  amount: EntryAmount | undefined,
  { externalId, fields }: Pick<LoadCall, 'externalId' | 'fields'>,
): LoadCall | Unusable {
  const direction = directionOf(message);
  if (!direction) return new Unusable(`${DIRECTION} is neither cargo nor abono`, DIRECTION);
  if (!amount) return new Unusable('there is no amount');
  const label = fill(load.label, message);
  if (label instanceof Unusable) return label;
  const { debit, credit } = load[direction];
  const text = decimalText(amount.minor, amount.currency);
  const none = decimalText(0n, amount.currency);
  const line = (side: 'debit' | 'credit', account: Reference) => ({
    externalId: `${externalId}_${side}`,
    fields: {
      ...cell('account_id', account),
      name: label,
      ...(side === 'debit' ? { debit: text, credit: none } : { debit: none, credit: text }),
    },
  });
  return {
    externalId,
    model: load.model,
    fields: { move_type: 'entry', ...cell('journal_id', load.journal), currency_id: amount.currency, ...fields },
    lines: { field: 'line_ids', items: [line('debit', debit), line('credit', credit)] },
    post: 'action_post',
  };
}

/** Letters and digits of a hash: a key may hold what no external id may. */
function externalIdOf(model: string, odooKey: string): string {
  return `${model.replaceAll('.', '_')}_${createHash('sha256').update(odooKey).digest('hex').slice(0, 40)}`;
}

function filled({ fields }: LoadRecipe, message: AccountingMessage): Record<string, Cell> | Unusable {
  const cells: Record<string, Cell> = {};
  for (const [name, value] of Object.entries(fields)) {
    const text = typeof value === 'string' ? fill(value, message) : value;
    if (text instanceof Unusable) return text;
    cells[name] = text;
  }
  return cells;
}

/** Columns of `load`: the name alone is searched for, `/id` is an external id, `/.id` a number. */
function cell(field: string, reference: Reference): Record<string, string> {
  if ('id' in reference) return { [`${field}/.id`]: String(reference.id) };
  if ('externalId' in reference) return { [`${field}/id`]: reference.externalId };
  return { [field]: reference.name };
}
