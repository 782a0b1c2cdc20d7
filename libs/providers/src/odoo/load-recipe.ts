import type { CancelSignal, Reconciliation } from '@puente/kernel';
import { z } from 'zod';
import { beforehand } from './beforehand';
import { decimalText, type ExactDecimal } from './exact-json';
import type { OdooRequest } from './odoo-transport';
import {
  classifyOdooError,
  OdooConflictError,
  OdooFaultError,
  OdooRefusedError,
  OdooUnreadableError,
} from './odoo.errors';
import type { Load, Loaded } from './odoo.schemas';

type Ask = (request: OdooRequest, signal: CancelSignal) => Promise<unknown>;

const Reference = z.tuple([z.string(), z.union([z.int().min(1), z.literal(false)])]);
const LoadAnswer = z.object({
  ids: z.union([z.array(z.int().min(1)).min(1), z.literal(false)]),
  messages: z.array(z.object({ message: z.string() })).catch([]),
});
const States = z.array(z.object({ state: z.string() }));

/** psycopg's words inside an answer of 200: the only sign there is that another one loads the same record. */
const CONFLICT = /could not serialize access|could not obtain lock|deadlock detected/;

/**
 * A record, once, on an Odoo without our addon: its external id is unique there, so it is looked up and loaded only when
 * it is not there, its lines with external ids too; then posted only while it is a draft. A repeat goes on where the try
 * before it ended.
 */
export class LoadRecipe {
  constructor(
    private readonly ask: Ask,
    private readonly module: string,
  ) {}

  async run(input: Load, signal: CancelSignal): Promise<Loaded> {
    const known = await beforehand(() => this.find(input, signal));
    const id = known ?? (await this.load(input, signal));
    const existed = known !== undefined;
    if (input.post === undefined) return { id, existed };
    await this.postOnce(input, id, signal);
    return { id, posted: true, existed };
  }

  /** The same two questions. A draft that was to be posted is not done: the next run posts it. */
  async reconcile(input: Load, signal: CancelSignal): Promise<Reconciliation<Loaded>> {
    const id = await this.find(input, signal);
    if (id === undefined) return { kind: 'absent' };
    if (input.post === undefined) return { kind: 'applied', output: { id, existed: true } };
    if ((await this.stateOf(input, id, signal)) === 'draft') return { kind: 'absent' };
    return { kind: 'applied', output: { id, posted: true, existed: true } };
  }

  private async find({ externalId, model }: Load, signal: CancelSignal): Promise<number | undefined> {
    const kwargs = { module: this.module, xml_id: externalId };
    const request = { model: 'ir.model.data', method: 'check_object_reference', kwargs };
    let answer: unknown;
    try {
      answer = await this.ask(request, signal);
    } catch (error) {
      // Of this method it has one meaning: there is no such external id.
      if (error instanceof OdooFaultError && error.class === 'ValueError') return undefined;
      throw error;
    }
    const [found, id] = read(Reference, answer);
    if (id !== false && found === model) return id;
    throw new OdooRefusedError(
      'EXTERNAL_ID_HIDDEN',
      `${this.module}.${externalId} is of a record of ${found} that is gone or cannot be seen.`,
    );
  }

  private async load(input: Load, signal: CancelSignal): Promise<number> {
    const { model, context } = input;
    const request = { model, method: 'load', kwargs: table(input, this.module), context };
    const { ids, messages } = read(LoadAnswer, await this.ask(request, signal));
    const [id] = ids === false ? [] : ids;
    if (id !== undefined) return id;
    const words = messages.map(({ message }) => message).join(' ');
    if (CONFLICT.test(words)) throw new OdooConflictError('Another one is loading the same record.');
    throw new OdooRefusedError('LOAD_REFUSED', words === '' ? 'Odoo loaded nothing and does not say why.' : words);
  }

  private async postOnce(input: Load, id: number, signal: CancelSignal): Promise<void> {
    const { model, context } = input;
    if ((await this.stateOf(input, id, signal)) !== 'draft') return;
    try {
      await this.ask({ model, method: 'action_post', ids: [id], context }, signal);
    } catch (error) {
      if (classifyOdooError(error).kind !== 'rejected') throw error;
      // Somebody else may have posted it meanwhile, which Odoo refuses in the same words as all else.
      if ((await this.stateOf(input, id, signal)) !== 'draft') return;
      const words = error instanceof OdooFaultError ? error.words : '';
      throw new OdooRefusedError('POST_REFUSED', `${words} (record ${String(id)} stays a draft)`.trim());
    }
  }

  private async stateOf({ model, context }: Load, id: number, signal: CancelSignal): Promise<string> {
    const kwargs = { domain: [['id', '=', id]], fields: ['state'], limit: 1 };
    const [record] = read(States, await this.ask({ model, method: 'search_read', kwargs, context }, signal));
    if (record) return record.state;
    throw new OdooRefusedError('EXTERNAL_ID_HIDDEN', `Record ${String(id)} of ${model} is gone or cannot be seen.`);
  }
}

/** The table that `load` takes: texts in columns, the record in the first row, one line of its list in each. */
function table({ externalId, fields, lines }: Load, module: string): { fields: string[]; data: string[][] } {
  const names = Object.keys(fields);
  const own = [`${module}.${externalId}`, ...names.map((name) => cell(fields[name]))];
  if (!lines) return { fields: ['id', ...names], data: [own] };
  const lineNames = [...new Set(lines.items.flatMap((item) => Object.keys(item.fields)))];
  const columns = ['id', ...lineNames].map((name) => `${lines.field}/${name}`);
  const data = lines.items.map((item, at) => [
    ...(at === 0 ? own : own.map(() => '')),
    `${module}.${item.externalId}`,
    ...lineNames.map((name) => cell(item.fields[name])),
  ]);
  return { fields: ['id', ...names, ...columns], data };
}

function cell(value: string | number | boolean | ExactDecimal | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'string') return value;
  return typeof value === 'boolean' ? (value ? '1' : '0') : decimalText(value);
}

/** @throws {OdooUnreadableError} */
function read<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const { success, data } = schema.safeParse(value);
  if (!success) throw new OdooUnreadableError('NOT_ODOO', 'The answer is not what Odoo answers.');
  return data;
}
