import type { JsonObject } from '@puente/kernel';
import { chartRecord } from './odoo-chart';
import { type MoveData, type MoveLine, OdooMoves, today } from './odoo-moves';
import { OdooException, typeError } from './odoo-exception';
import type { OdooSession } from './odoo-session';

export interface LoadResult {
  readonly ids: readonly number[] | false;
  readonly messages: readonly { readonly type: string; readonly message: string; readonly record: number }[];
  readonly nextrow: number;
}

/** A row that Odoo refuses: told in an answer of 200, and nothing of the table is loaded. */
class RowRefused extends Error {}

/** Another transaction has just taken the external id: rolled back as well, and told in the same way. */
const UNIQUE_VIOLATION = '23505';

const REFERENCES: Readonly<Record<string, string>> = {
  journal_id: 'account.journal',
  currency_id: 'res.currency',
  company_id: 'res.company',
  account_id: 'account.account',
};
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  'account.move': ['ref', 'date', 'journal_id', 'currency_id', 'company_id', 'narration', 'move_type'],
  'res.partner': ['name', 'ref', 'email', 'vat', 'company_type', 'is_company', 'comment'],
  'account.move.line': ['account_id', 'name', 'debit', 'credit'],
};

/** `load(fields, data)`: Odoo's own import, with external ids in the columns `id` and `line_ids/id`. */
export class OdooLoad {
  constructor(
    private readonly session: OdooSession,
    private readonly model: string,
  ) {}

  async run({ fields, data }: Readonly<Record<string, unknown>>): Promise<LoadResult> {
    if (!isTexts(fields) || !Array.isArray(data) || !data.every(isTexts))
      throw typeError('load() takes a list of fields and rows of texts');
    await this.session.query('SAVEPOINT loading', []);
    try {
      const id = await this.loadOne(fields, data);
      return { ids: [id], messages: [], nextrow: 0 };
    } catch (error) {
      await this.session.query('ROLLBACK TO SAVEPOINT loading', []);
      return refusal(error);
    }
  }

  private async loadOne(fields: readonly string[], rows: readonly (readonly string[])[]): Promise<number> {
    const first = rows[0] ?? [];
    const { id: externalId = '', ...values } = this.valuesOf(fields, first, this.model, '');
    const lines = rows.map((row) => this.valuesOf(fields, row, 'account.move.line', 'line_ids/'));
    const data = this.model === 'account.move' ? moveOf(values, lines) : values;
    const known = await this.find(String(externalId));
    if (known !== undefined) return this.again(known, data, lines);
    if (this.model === 'account.move') new OdooMoves(this.session).requireBalanced(data as unknown as MoveData);
    const id = await this.session.insert(this.model, data);
    await this.remember(String(externalId), this.model, id);
    for (const line of lines) if (typeof line.id === 'string') await this.remember(line.id, 'account.move.line', id);
    await this.session.record('load', { model: this.model, id, externalId: String(externalId) });
    return id;
  }

  /** A second load writes; lines without external ids come once more, and a posted entry is closed since 19. */
  private async again(id: number, data: JsonObject, lines: readonly JsonObject[]): Promise<number> {
    const { id: _same, ...known } = (await this.session.locked(this.model, id)) ?? { id };
    if (known.state === 'posted') {
      if (this.session.major >= 19) throw new RowRefused('You cannot modify the following fields on a posted move.');
      return id;
    }
    const doubled = this.model === 'account.move' && lines.every((line) => line.id === undefined);
    const both = doubled
      ? { lines: [...((known.lines ?? []) as MoveLine[]), ...((data.lines ?? []) as MoveLine[])] }
      : {};
    await this.session.update(id, { ...(known as JsonObject), ...data, ...both });
    await this.session.record('load', { model: this.model, id, again: true });
    return id;
  }

  private valuesOf(
    fields: readonly string[],
    row: readonly string[],
    model: string,
    prefix: string,
  ): Record<string, string | number> {
    const values: Record<string, string | number> = {};
    for (const [at, column] of fields.entries()) {
      if (!column.startsWith(prefix) || (prefix === '' && column.startsWith('line_ids/'))) continue;
      const [field = '', how = 'name'] = column.slice(prefix.length).split('/');
      const value = row[at] ?? '';
      if (value === '') continue;
      if (field === 'id') values.id = value;
      else values[field] = this.cell(model, field, how, value);
    }
    return values;
  }

  private cell(model: string, field: string, how: string, value: string): string | number {
    if (!FIELDS[model]?.includes(field)) throw new RowRefused(`Column ${field} does not exist on ${model}.`);
    const of = REFERENCES[field];
    if (of === undefined) return value;
    const found = chartRecord(of, how === '.id' || how === 'id' ? how : 'name', value);
    if (!found) throw new RowRefused(`No matching record found for ${how} '${value}' in field '${field}'`);
    return found.id;
  }

  private async find(externalId: string): Promise<number | undefined> {
    const [row] = await this.session.query<{ res_id: string }>(
      'SELECT res_id FROM odoo_external_ids WHERE module = $1 AND name = $2',
      halves(externalId),
    );
    return row && Number(row.res_id);
  }

  private async remember(externalId: string, model: string, id: number): Promise<void> {
    await this.session.query('INSERT INTO odoo_external_ids (module, name, model, res_id) VALUES ($1, $2, $3, $4)', [
      ...halves(externalId),
      model,
      id,
    ]);
  }
}

export function halves(externalId: string): [module: string, name: string] {
  const dot = externalId.indexOf('.');
  return dot < 0 ? ['__import__', externalId] : [externalId.slice(0, dot), externalId.slice(dot + 1)];
}

function moveOf(
  values: Readonly<Record<string, string | number>>,
  lines: readonly Readonly<Record<string, string | number>>[],
): JsonObject {
  const kept = lines
    .filter((line) => line.account_id !== undefined)
    .map(({ id: _external, account_id = 0, name = '', debit = '0', credit = '0' }) => ({
      account_id,
      name,
      debit,
      credit,
    }));
  const given = { ref: '', date: today(), journal_id: 1, currency_id: 33, transaction_id: '', ...values };
  return { ...given, state: 'draft', name: '/', lines: kept };
}

function refusal(error: unknown): LoadResult {
  const isConflict = (error as { readonly code?: unknown }).code === UNIQUE_VIOLATION;
  if (!isConflict && !(error instanceof RowRefused) && !(error instanceof OdooException)) throw error;
  const message = isConflict ? 'could not serialize access due to concurrent update' : (error as Error).message;
  return { ids: false, messages: [{ type: 'error', message, record: 0 }], nextrow: 0 };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
