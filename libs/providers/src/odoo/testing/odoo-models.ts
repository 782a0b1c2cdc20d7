import { createHash } from 'node:crypto';
import { CHART } from './odoo-chart';
import { accessError, OdooException, typeError, validationError, valueError } from './odoo-exception';
import { halves, OdooLoad } from './odoo-load';
import { OdooMoves } from './odoo-moves';
import type { OdooSession } from './odoo-session';

export interface ModelCall {
  readonly model: string;
  readonly method: string;
  readonly ids: readonly number[];
  readonly args: readonly unknown[];
  readonly kwargs: Readonly<Record<string, unknown>>;
}

type Named = Readonly<Record<string, unknown>>;
type Method = (session: OdooSession, named: Named, call: ModelCall) => Promise<unknown>;

/** Parameters of each method, for calls by position. Those with `ids` are called on records. */
interface MethodSpec {
  readonly parameters: readonly string[];
  readonly onRecords?: true;
  readonly run: Method;
}

const searchRead: MethodSpec = {
  parameters: ['domain', 'fields', 'offset', 'limit', 'order'],
  run: (session, named, { model }) => search(session, model, named),
};
const load: MethodSpec = {
  parameters: ['fields', 'data'],
  run: (session, named, { model }) => new OdooLoad(session, model).run(named),
};

const MODELS: Readonly<Record<string, Readonly<Record<string, MethodSpec>>>> = {
  'account.move': {
    load,
    search_read: searchRead,
    create_post_move: {
      parameters: ['transaction_id', 'amount', 'finalitix_type', 'description'],
      run: (session, named) => new OdooMoves(session).createPostMove(named),
    },
    create_post_move_once: {
      parameters: ['transaction_id', 'amount', 'finalitix_type', 'description'],
      run: (session, named) => new OdooMoves(session).createPostMoveOnce(named),
    },
    action_post: {
      parameters: [],
      onRecords: true,
      run: (session, _named, { ids }) => new OdooMoves(session).actionPost(ids),
    },
  },
  'res.partner': {
    load,
    search_read: searchRead,
    create_finalitix_partner: {
      parameters: ['accountId', 'finalitixUserId'],
      run: async (session, { accountId, finalitixUserId }) => {
        if (typeof accountId !== 'number' || typeof finalitixUserId !== 'string')
          throw typeError("create_finalitix_partner() missing 1 required positional argument: 'finalitixUserId'");
        const data = { name: `Finalitix ${finalitixUserId}`, ref: finalitixUserId, account: String(accountId) }; // prettier-ignore
        const id = await session.insert('res.partner', data);
        await session.record('create_finalitix_partner', { id, ...data });
        return id;
      },
    },
  },
  'res.users': {
    context_get: {
      parameters: [],
      run: async (session) => ({ lang: 'es_MX', tz: 'America/Mexico_City', uid: session.behaviour.uid }),
    },
  },
  'ir.model.data': {
    check_object_reference: { parameters: ['module', 'xml_id', 'raise_on_access_error'], run: checkReference },
  },
  'puente.bridge.call': {
    call_once: { parameters: ['key', 'call_model', 'call_method', 'call_args', 'call_kwargs'], run: callOnce },
  },
  ...Object.fromEntries(Object.keys(CHART).map((model) => [model, { search_read: searchRead }])),
};

/** What `puente_bridge` lets through. */
const BRIDGED = new Set([
  'account.move create_post_move',
  'account.move create_post_move_once',
  'res.partner create_finalitix_partner',
]);

/** Binds the arguments as Odoo does and runs the method. @throws {OdooException} */
export async function runMethod(session: OdooSession, call: ModelCall): Promise<unknown> {
  const { model, method } = call;
  const isKnown = Object.hasOwn(MODELS, model) && (model !== 'puente.bridge.call' || session.behaviour.addon);
  if (!isKnown) throw new OdooException('missing.model', `Object ${model} doesn't exist`);
  if (method.startsWith('_')) throw accessError(`Private methods (such as '${model}.${method}') cannot be called remotely.`); // prettier-ignore
  const spec = Object.hasOwn(MODELS[model] ?? {}, method) ? MODELS[model]?.[method] : undefined;
  if (!spec) {
    if (model === 'ir.model.data' || /^(?:create|write|unlink)$/.test(method))
      throw accessError(`You are not allowed to access '${model}' records.`);
    throw new OdooException('missing.method', `type object '${model}' has no attribute '${method}'`);
  }
  return spec.run(session, bound(spec, call), call);
}

function bound({ parameters }: MethodSpec, { method, args, kwargs }: ModelCall): Named {
  if (args.length > parameters.length)
    throw typeError(`${method}() takes ${String(parameters.length + 1)} positional arguments but ${String(args.length + 1)} were given`); // prettier-ignore
  const strange = Object.keys(kwargs).find((name) => !parameters.includes(name));
  if (strange !== undefined) throw typeError(`${method}() got an unexpected keyword argument '${strange}'`);
  return { ...Object.fromEntries(args.map((value, at) => [String(parameters[at]), value] as const)), ...kwargs };
}

export function isOnRecords(model: string, method: string): boolean {
  return MODELS[model]?.[method]?.onRecords === true;
}

async function checkReference(session: OdooSession, { module, xml_id: name }: Named): Promise<unknown> {
  const [row] = await session.query<{ model: string; res_id: string }>(
    'SELECT model, res_id FROM odoo_external_ids WHERE module = $1 AND name = $2',
    halves(`${String(module)}.${String(name)}`),
  );
  if (!row) throw valueError(`External ID not found in the system: ${String(module)}.${String(name)}`);
  const id = Number(row.res_id);
  const [there] = await session.query('SELECT FROM odoo_records WHERE id = $1', [id]);
  return [row.model, there ? id : false];
}

/** The addon: key and effect in this one transaction. A second call waits at the unique key and then finds the row. */
async function callOnce(session: OdooSession, named: Named): Promise<unknown> {
  const { key, call_model: model, call_method: method, call_args: args = [], call_kwargs: kwargs = {} } = named;
  if (typeof key !== 'string' || typeof model !== 'string' || typeof method !== 'string')
    throw typeError("call_once() missing required arguments: 'key', 'call_model', 'call_method'");
  if (!BRIDGED.has(`${model} ${method}`)) throw accessError(`Puente may not call ${model}.${method}.`);
  const payload = createHash('sha256')
    .update(JSON.stringify([args, kwargs]))
    .digest('hex');
  const claimed = await session.query(
    `INSERT INTO odoo_bridge_calls (key, model, method, payload) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING key`,
    [key, model, method, payload],
  );
  if (claimed.length === 0) return earlier(session, key, [model, method, payload]);
  const inner = { model, method, ids: [], args: args as unknown[], kwargs: kwargs as Named };
  const result = await runMethod(session, inner);
  await session.query('UPDATE odoo_bridge_calls SET result = $2 WHERE key = $1', [key, JSON.stringify(result ?? null)]);
  return { duplicate: false, result };
}

async function earlier(session: OdooSession, key: string, call: readonly string[]): Promise<unknown> {
  const [row] = await session.query<{ model: string; method: string; payload: string; result: unknown }>(
    'SELECT model, method, payload, result FROM odoo_bridge_calls WHERE key = $1',
    [key],
  );
  if (!row) throw new OdooException('psycopg2.errors.SerializationFailure', 'could not serialize access');
  if ([row.model, row.method, row.payload].join() !== call.join())
    throw validationError(`The key ${key} was used for another call.`);
  return { duplicate: true, result: row.result };
}

/** `=`, `!=`, `in`, all of them together; fields that the model does not have are a bug of the caller. */
async function search(session: OdooSession, model: string, named: Named): Promise<unknown[]> {
  const { domain = [], fields = [], limit } = named;
  const records: readonly Record<string, unknown>[] = CHART[model] ?? (await session.all(model));
  const wanted = records.filter((record) => (domain as unknown[]).every((term) => holds(record, term)));
  return wanted.slice(0, typeof limit === 'number' ? limit : undefined).map((record) => {
    const shown = (fields as string[]).map((field) => [field, shownAs(field, record[field])] as const);
    return { id: record.id, ...Object.fromEntries(shown) };
  });
}

/** Amounts are kept as digits and shown as numbers with just these. */
function shownAs(field: string, value: unknown): unknown {
  return field === 'amount_total' && typeof value === 'string' ? { $decimal: value } : (value ?? false);
}

function holds(record: Record<string, unknown>, term: unknown): boolean {
  const [field, operator, value] = term as [string, string, unknown];
  const own = record[field] ?? false;
  if (operator === '=') return own === value;
  if (operator === '!=') return own !== value;
  if (operator === 'in' && Array.isArray(value)) return value.includes(own);
  throw valueError(`Invalid leaf ${JSON.stringify(term)}`);
}
