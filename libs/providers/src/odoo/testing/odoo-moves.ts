import type { JsonObject } from '@puente/kernel';
import { fromUnits, toUnits } from './odoo-amounts';
import { missingError, typeError, userError, valueError } from './odoo-exception';
import type { OdooSession, StoredRecord } from './odoo-session';

/** A line as it is kept: amounts as digits. */
export interface MoveLine {
  readonly account_id: number;
  readonly name: string;
  readonly debit: string;
  readonly credit: string;
  readonly [field: string]: string | number;
}

export interface MoveData {
  readonly ref: string;
  readonly date: string;
  readonly journal_id: number;
  readonly currency_id: number;
  readonly transaction_id: string;
  readonly lines: readonly MoveLine[];
}

const CARGO = { debit: 13, credit: 10 } as const;
const ABONO = { debit: 10, credit: 12 } as const;

/** `account.move`: entries, and the customer's own methods on them. */
export class OdooMoves {
  constructor(private readonly session: OdooSession) {}

  /** As the customer wrote it: creates and posts in one transaction, and asks nobody whether it did so before. */
  async createPostMove(named: Readonly<Record<string, unknown>>): Promise<number> {
    const { transaction_id: transaction, amount, finalitix_type: type, description = '' } = named;
    if (typeof transaction !== 'number' && typeof transaction !== 'string')
      throw typeError("create_post_move() missing 1 required positional argument: 'transaction_id'");
    if (type !== 'cargo' && type !== 'abono')
      throw valueError(`Wrong value for finalitix_type: ${JSON.stringify(type)}`);
    const units = toUnits(amount);
    if (units <= 0n) throw userError('The amount of a move must be positive.');
    const accounts = type === 'cargo' ? CARGO : ABONO;
    const name = typeof description === 'string' ? description : '';
    const lines: MoveLine[] = [
      { account_id: accounts.debit, name, debit: fromUnits(units), credit: '0' },
      { account_id: accounts.credit, name, debit: '0', credit: fromUnits(units) },
    ];
    const move = { ref: `txn:${String(transaction)}`, date: today(), journal_id: 1, currency_id: 33, transaction_id: String(transaction), lines }; // prettier-ignore
    this.requireBalanced(move);
    const id = await this.session.insert('account.move', { ...this.posted(move), finalitix_type: type });
    await this.session.record('create_post_move', { id, transactionId: String(transaction), amount: fromUnits(units), type, lines }); // prettier-ignore
    return id;
  }

  /** The same by a customer who thought of repeats: `transaction_id` is unique. */
  async createPostMoveOnce(named: Readonly<Record<string, unknown>>): Promise<number> {
    const transaction = String(named.transaction_id);
    await this.session.query('SELECT pg_advisory_xact_lock(hashtext($1))', [`odoo ${transaction}`]);
    const moves = await this.session.all('account.move');
    const known = moves.find((move) => move.transaction_id === transaction);
    return known?.id ?? this.createPostMove(named);
  }

  async actionPost(ids: readonly number[]): Promise<false> {
    for (const id of ids) {
      const move = await this.session.locked('account.move', id);
      if (!move) throw missingError('Record does not exist or has been deleted.\n(Records: account.move, User: 7)');
      await this.post(move);
    }
    return false;
  }

  private async post({ id, ...data }: StoredRecord): Promise<void> {
    const move = data as unknown as MoveData & { readonly state: string; readonly name: string };
    if (move.state !== 'draft') throw userError(`The entry ${move.name} (id ${String(id)}) must be in draft.`);
    if (move.lines.length === 0) throw userError('Even magicians can’t post nothing!');
    this.requireBalanced(move);
    await this.session.update(id, { ...(data as JsonObject), ...this.posted(move) });
    await this.session.record('action_post', { id, ref: move.ref, amount: fromUnits(total(move)), lines: move.lines });
  }

  /** Sums to the last digit; the words differ by version. */
  requireBalanced({ lines }: MoveData): void {
    const debit = lines.reduce((sum, line) => sum + toUnits(line.debit), 0n);
    const credit = lines.reduce((sum, line) => sum + toUnits(line.credit), 0n);
    if (debit === credit) return;
    const sums = `The total of debits equals ${fromUnits(debit)} and the total of credits equals ${fromUnits(credit)}.`;
    throw userError(this.session.major < 19 ? `The move (/) is not balanced.\n${sums}` : `The entry is not balanced. ${sums}`); // prettier-ignore
  }

  private posted(move: MoveData): JsonObject {
    const { lockDate } = this.session.behaviour;
    if (lockDate !== null && move.date <= lockDate)
      throw userError(`You cannot add/modify entries prior to and inclusive of: Global Lock Date (${lockDate}).`);
    return { ...move, state: 'posted', name: `MISC/${move.date.slice(0, 4)}/${move.ref}`, amount_total: fromUnits(total(move)) }; // prettier-ignore
  }
}

function total({ lines }: MoveData): bigint {
  return lines.reduce((sum, line) => sum + toUnits(line.debit), 0n);
}

export function today(): string {
  return new Date().toISOString().slice(0, 10);
}
