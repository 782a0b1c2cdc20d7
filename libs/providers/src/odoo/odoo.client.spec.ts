import { loopbackEgress } from '@puente/integrations/contract-suite';
import { Cancellation, type Failure, Secret } from '@puente/kernel';
import { exactDecimal } from './exact-json';
import { OdooClient } from './odoo.client';
import { classifyOdooError } from './odoo.errors';
import { DEFAULT_ALLOWED, type OdooConfig } from './odoo.schemas';
import { json2Fault, rpc, rpcFault, type ScriptedAnswer, ScriptedOdoo, type ScriptedRequest } from './testing/scripted-odoo'; // prettier-ignore

let odoo: ScriptedOdoo;
const open: OdooClient[] = [];

beforeAll(async () => {
  odoo = await ScriptedOdoo.start();
});

afterEach(() => {
  for (const client of open.splice(0)) client.close();
});

afterAll(() => odoo.stop());

function client(config: Partial<OdooConfig> = {}): OdooClient {
  const all = { url: odoo.url, database: 'books', login: 'bot', ...config };
  const made = new OdooClient(new Secret({ apiKey: 'key-0123456789' }), all, loopbackEgress());
  open.push(made);
  return made;
}

const rpcClient = (config: Partial<OdooConfig> = {}) => client({ transport: 'json-rpc', ...config });
const json2Client = (config: Partial<OdooConfig> = {}) => client({ transport: 'json-2', ...config });
const call = (signal = new Cancellation()) => ({ cancel: signal });
const entry = { model: 'account.move', method: 'create_post_move', kwargs: { transaction_id: 1 } };
const UID = rpc({ result: 7 });
const HTML = { type: 'text/html', body: '<html></html>' } as const;

async function failure(work: Promise<unknown>): Promise<Failure | string> {
  return work.then(
    (value) => `answered ${JSON.stringify(value)}`,
    (error: unknown) => classifyOdooError(error),
  );
}

type Row = readonly [seen: string, answer: ScriptedAnswer | ((request: ScriptedRequest) => ScriptedAnswer), kind: Failure['kind'], code: string]; // prettier-ignore

/** The outcome table: what is seen, and what may be done about it. */
const BOTH: readonly Row[] = [
  ['a reset', 'reset', 'unknown', 'ECONNRESET'],
  ['502 of a proxy', { status: 502, ...HTML }, 'unknown', '502'],
  ['504 of a proxy', { status: 504, ...HTML }, 'unknown', '504'],
  ['500 without words', { status: 500, ...HTML }, 'unknown', '500'],
  ['200 that is no JSON', HTML, 'unknown', 'NOT_ODOO'],
  ['200 cut short', { body: '{"jsonrpc":' }, 'unknown', 'NOT_ODOO'],
  ['503', { status: 503, ...HTML }, 'not_sent', '503'],
  ['503 with Retry-After', { status: 503, ...HTML, headers: { 'retry-after': '7' } }, 'throttled', '503'],
  ['429', { status: 429, ...HTML, headers: { 'retry-after': '7' } }, 'throttled', '429'],
  ['404 text/html', { status: 404, ...HTML }, 'unauthorized', 'DATABASE_UNAVAILABLE'],
  ['415', { status: 415, ...HTML }, 'unauthorized', '415'],
  ['a redirect', { status: 303, ...HTML, headers: { location: '/web/login' } }, 'unauthorized', 'REDIRECTED'],
  ['413 of a proxy', { status: 413, ...HTML }, 'rejected', '413'],
  ['a number that would be another one', { body: '{"jsonrpc":"2.0","id":2,"result":9007199254740993}' }, 'unknown', 'INEXACT_NUMBER'], // prettier-ignore
];

const BY_NAME: readonly (readonly [name: string, status: number, kind: Failure['kind']])[] = [
  ['psycopg2.errors.SerializationFailure', 500, 'not_sent'],
  ['psycopg2.errors.LockNotAvailable', 500, 'not_sent'],
  ['psycopg2.errors.DeadlockDetected', 500, 'not_sent'],
  ['psycopg2.pool.PoolError', 500, 'not_sent'],
  ['odoo.exceptions.LockError', 409, 'not_sent'],
  ['psycopg2.OperationalError', 500, 'unknown'],
  ['psycopg2.InterfaceError', 500, 'unknown'],
  ['odoo.exceptions.AccessError', 403, 'rejected'],
  ['odoo.exceptions.UserError', 422, 'rejected'],
  ['odoo.exceptions.ValidationError', 422, 'rejected'],
  ['odoo.exceptions.MissingError', 404, 'rejected'],
  ['odoo.exceptions.RedirectWarning', 422, 'rejected'],
  ['builtins.TypeError', 422, 'rejected'],
  ['builtins.ValueError', 500, 'rejected'],
  ['builtins.KeyError', 500, 'rejected'],
  ['builtins.AttributeError', 500, 'rejected'],
  ['odoo.addons.acme.exceptions.NewError', 500, 'rejected'],
];

describe('the outcome of a call, in JSON-RPC', () => {
  it.each(BOTH)('%s', async (_seen, answer, kind, code) => {
    odoo.says(UID, answer);
    expect(await failure(rpcClient().call(entry, call()))).toMatchObject({ kind, code });
    expect(odoo.requests).toHaveLength(2);
  });

  it.each(BY_NAME)('%s', async (name, _status, kind) => {
    odoo.says(UID, rpcFault(name));
    const seen = await failure(rpcClient().call(entry, call()));
    expect(seen).toMatchObject({ kind, code: name.slice(name.lastIndexOf('.') + 1), message: 'words' });
    expect(JSON.stringify(seen)).not.toContain('SECRET');
  });

  it.each<[string, string, string, Failure['kind']]>([
    ['PostgreSQL refuses', 'psycopg2.OperationalError', 'connection failed: Connection refused', 'not_sent'],
    ['the database is gone', 'psycopg2.OperationalError', 'FATAL:  database "books" does not exist', 'unauthorized'],
    ['the time limit of a worker', 'builtins.Exception', 'CPU time limit exceeded.', 'not_sent'],
    ['a customer’s own words of that kind', 'odoo.exceptions.UserError', 'Connection refused by the bank', 'rejected'],
  ])('%s: there a text decides, where the name is shared', async (_what, name, words, kind) => {
    odoo.says(UID, rpcFault(name, words));
    expect(await failure(rpcClient().call(entry, call()))).toMatchObject({ kind });
  });

  it('the answer to another question is none', async () => {
    odoo.says(UID, { body: '{"jsonrpc":"2.0","id":99,"result":1}' });
    expect(await failure(rpcClient().call(entry, call()))).toMatchObject({ kind: 'unknown', cause: 'bad_body' });
  });

  it('an absent result is null: the method returned nothing', async () => {
    odoo.says(UID, rpc({}));
    expect(await rpcClient().call(entry, call())).toEqual({ result: null });
  });
});

describe('the outcome of a call, in JSON-2', () => {
  it.each(BOTH)('%s', async (_seen, answer, kind, code) => {
    odoo.says(answer);
    expect(await failure(json2Client().call(entry, call()))).toMatchObject({ kind, code });
    expect(odoo.requests).toHaveLength(1);
  });

  it.each(BY_NAME)('%s', async (name, status, kind) => {
    odoo.says(json2Fault(status, name));
    const seen = await failure(json2Client().call(entry, call()));
    expect(seen).toMatchObject({ kind, code: name.slice(name.lastIndexOf('.') + 1), message: 'words', status });
    expect(JSON.stringify(seen)).not.toContain('SECRET');
  });

  it.each<[string, ScriptedAnswer, Failure['kind'], string]>([
    ['401', json2Fault(401, 'werkzeug.exceptions.Unauthorized'), 'unauthorized', 'AccessDenied'],
    ['404 in words of Odoo', json2Fault(404, 'werkzeug.exceptions.NotFound'), 'rejected', 'NotFound'],
    ['404 in JSON of somebody else', { status: 404, body: '{"error":"no route"}' }, 'unauthorized', 'DATABASE_UNAVAILABLE'], // prettier-ignore
    ['500 in JSON of somebody else', { status: 500, body: '{"error":"no upstream"}' }, 'unknown', '500'],
  ])('%s', async (_seen, answer, kind, code) => {
    odoo.says(answer);
    expect(await failure(json2Client().call(entry, call()))).toMatchObject({ kind, code });
  });

  it('has no arguments by position, and sends nothing', async () => {
    odoo.says({ body: '1' });
    const seen = await failure(json2Client().call({ ...entry, args: [1] }, call()));
    expect(seen).toMatchObject({ kind: 'rejected', code: 'NAMED_ARGUMENTS_ONLY' });
    expect(odoo.requests).toEqual([]);
  });
});

describe('who is asking', () => {
  it('is asked for once, not for each call', async () => {
    odoo.says(UID, rpc({ result: 41 }));
    const one = rpcClient();
    for (let n = 0; n < 3; n += 1) await one.call(entry, call());
    expect(odoo.requests.filter(({ text }) => text.includes('authenticate'))).toHaveLength(1);
  });

  it('false is unauthorized, though it is no fault for Odoo', async () => {
    odoo.says(rpc({ result: false }));
    expect(await failure(rpcClient().call(entry, call()))).toMatchObject({
      kind: 'unauthorized',
      code: 'AUTHENTICATION_FAILED',
    });
  });

  it('is asked once more when a known number is denied, and the call goes on', async () => {
    odoo.says(
      UID,
      rpc({ result: 1 }),
      rpcFault('odoo.exceptions.AccessDenied'),
      rpc({ result: 8 }),
      rpc({ result: 2 }),
    );
    const one = rpcClient();
    await one.call(entry, call());
    expect(await one.call(entry, call())).toEqual({ result: 2 });
    expect(odoo.requests.at(-1)?.text).toContain('"books",8,');
  });

  it('is not asked a third time', async () => {
    odoo.says(UID, rpc({ result: 1 }), rpcFault('odoo.exceptions.AccessDenied'), UID, rpcFault('odoo.exceptions.AccessDenied')); // prettier-ignore
    const one = rpcClient();
    await one.call(entry, call());
    expect(await failure(one.call(entry, call()))).toMatchObject({ kind: 'unauthorized', code: 'AccessDenied' });
    expect(odoo.requests).toHaveLength(5);
  });

  it('a lost answer to that question proves that the call itself was not sent', async () => {
    odoo.says('reset');
    expect(await failure(rpcClient().call(entry, call()))).toMatchObject({ kind: 'not_sent', code: 'ODOO_NOT_READY' });
  });
});

describe('which protocol', () => {
  it.each<[string, ScriptedAnswer, string]>([
    [
      '19',
      { body: '{"version_info":[19,0,0,"final",0,""],"version":"19.0"}' },
      '/json/2/account.move/create_post_move',
    ],
    ['a newer one of Odoo Online', { body: '{"version":"saas~19.2"}' }, '/json/2/account.move/create_post_move'],
    ['18.3 of Odoo Online', { body: '{"version":"saas~18.3"}' }, '/jsonrpc'],
    ['one that does not know the question', { status: 404, ...HTML }, '/jsonrpc'],
  ])('is chosen by the server’s version, once: %s', async (_version, answer, path) => {
    odoo.says(answer, path === '/jsonrpc' ? UID : { body: '41' }, path === '/jsonrpc' ? rpc({ result: 41 }) : { body: '41' }); // prettier-ignore
    const one = client();
    await one.call(entry, call());
    await one.call(entry, call());
    expect(odoo.requests[0]?.path).toBe('/web/version');
    expect(odoo.requests.filter(({ path: asked }) => asked === '/web/version')).toHaveLength(1);
    expect(odoo.requests.at(-1)?.path).toBe(path);
  });
});

describe('what is on the wire', () => {
  const amount = exactDecimal('99999999999.99');

  it('has the digits of an amount as they were given, in JSON-RPC', async () => {
    odoo.says(UID, rpc({ result: 1 }));
    await rpcClient().call({ ...entry, kwargs: { amount } }, call());
    expect(odoo.requests[1]?.text).toContain('{"amount":99999999999.99}');
    expect(odoo.requests[1]?.text).toContain('["books",7,"key-0123456789","account.move","create_post_move",[],');
  });

  it('has them in JSON-2, with the key in a header and the database in another', async () => {
    odoo.says({ body: '1' });
    await json2Client().call({ ...entry, kwargs: { amount }, ids: [5], context: { lang: 'en_US' } }, call());
    const [request] = odoo.requests;
    expect(request?.text).toBe('{"amount":99999999999.99,"ids":[5],"context":{"lang":"en_US"}}');
    expect(request?.headers).toMatchObject({ authorization: 'bearer key-0123456789', 'x-odoo-database': 'books' });
  });

  it('is no call of a method that is not allowed', async () => {
    odoo.says({ body: '1' });
    const seen = await failure(json2Client().call({ model: 'res.users', method: 'unlink', ids: [1] }, call()));
    expect(seen).toMatchObject({ kind: 'rejected', code: 'METHOD_NOT_ALLOWED' });
    expect(odoo.requests).toEqual([]);
  });

  it('never changes what it was given', async () => {
    odoo.says(UID, rpc({ result: 1 }));
    const given = Object.freeze({
      ...entry,
      args: Object.freeze([1]),
      ids: Object.freeze([2]),
      context: Object.freeze({}),
    });
    await rpcClient().call(given as never, call());
    expect(given).toEqual({ ...entry, args: [1], ids: [2], context: {} });
  });
});

describe('a server with few workers', () => {
  it('gets one call at a time; who waits is served in order, or gives up without having sent anything', async () => {
    let running = 0;
    let most = 0;
    odoo.says(() => {
      running += 1;
      most = Math.max(most, running);
      running -= 1;
      return { body: '1' };
    });
    const one = json2Client({ concurrency: 1 });
    const patience = new Cancellation();
    const [first, second] = [one.call(entry, call()), failure(one.call(entry, call(patience)))];
    const third = one.call(entry, call());
    patience.abort('enough');
    await Promise.all([first, third]);
    expect(await second).toMatchObject({ kind: 'not_sent', cause: 'deadline' });
    expect([most, odoo.requests.length]).toEqual([1, 2]);
  });
});

describe('load', () => {
  const input = { externalId: 'move_1', model: 'account.move', fields: { ref: 'txn:1' }, post: 'action_post' } as const;
  const missing = json2Fault(500, 'builtins.ValueError', 'External ID not found in the system: puente.move_1');
  const found = { body: '["account.move",41]' };
  const state = (now: string) => ({ body: JSON.stringify([{ id: 41, state: now }]) });
  const loaded = { body: '{"ids":[41],"messages":[],"nextrow":0}' };
  const run = () => json2Client().load(input, call());

  it('makes, and posts what is a draft', async () => {
    odoo.says(missing, loaded, state('draft'), { body: 'false' });
    expect(await run()).toEqual({ id: 41, posted: true, existed: false });
    expect(odoo.requests.map(({ path }) => path.replace('/json/2/', ''))).toEqual([
      'ir.model.data/check_object_reference',
      'account.move/load',
      'account.move/search_read',
      'account.move/action_post',
    ]);
  });

  it('makes nothing that is there, and posts nothing that is posted', async () => {
    odoo.says(found, state('posted'));
    expect(await run()).toEqual({ id: 41, posted: true, existed: true });
    expect(odoo.requests).toHaveLength(2);
  });

  it.each<[string, ScriptedAnswer[], object]>([
    ['a loser of a race inside a 200', [missing, { body: '{"ids":false,"messages":[{"type":"error","message":"could not serialize access due to concurrent update"}]}' }], { kind: 'not_sent', code: 'LOAD_CONFLICT' }], // prettier-ignore
    ['a refusal inside a 200', [missing, { body: '{"ids":false,"messages":[{"message":"No matching record found for id"}]}' }], { kind: 'rejected', code: 'LOAD_REFUSED', message: 'No matching record found for id' }], // prettier-ignore
    [
      'an external id of another model',
      [{ body: '["res.partner",3]' }],
      { kind: 'rejected', code: 'EXTERNAL_ID_HIDDEN' },
    ],
    [
      'an external id of what is gone',
      [{ body: '["account.move",false]' }],
      { kind: 'rejected', code: 'EXTERNAL_ID_HIDDEN' },
    ],
    ['a lost lookup', ['reset'], { kind: 'not_sent', code: 'ODOO_NOT_READY' }],
    ['a lost load', [missing, 'reset'], { kind: 'unknown', cause: 'reset' }],
    ['a lost post', [found, state('draft'), 'reset'], { kind: 'unknown', cause: 'reset' }],
    ['a closed period', [found, state('draft'), json2Fault(422, 'odoo.exceptions.UserError', 'Lock Date'), state('draft')], { kind: 'rejected', code: 'POST_REFUSED', message: 'Lock Date (record 41 stays a draft)' }], // prettier-ignore
  ])('%s', async (_what, answers, expected) => {
    odoo.says(...answers);
    expect(await failure(run())).toMatchObject(expected);
  });

  it('is content when somebody else posted meanwhile', async () => {
    odoo.says(found, state('draft'), json2Fault(422, 'odoo.exceptions.UserError', 'must be in draft'), state('posted'));
    expect(await run()).toEqual({ id: 41, posted: true, existed: true });
  });

  it.each<[string, ScriptedAnswer[], object]>([
    ['nothing is there', [missing], { kind: 'absent' }],
    ['a draft is there, which was to be posted', [found, state('draft')], { kind: 'absent' }],
    ['it is posted', [found, state('posted')], { kind: 'applied', output: { id: 41, posted: true, existed: true } }],
  ])('asked afterwards: %s', async (_what, answers, expected) => {
    odoo.says(...answers);
    expect(await json2Client().loaded(input, call())).toEqual(expected);
  });

  it('gives each line its external id, and every amount as its digits', async () => {
    odoo.says(missing, loaded);
    const lines = {
      field: 'line_ids',
      items: [
        { externalId: 'move_1_1', fields: { 'account_id/.id': '10', debit: exactDecimal('0.100') } },
        { externalId: 'move_1_2', fields: { 'account_id/.id': '11', credit: exactDecimal('0.100') } },
      ],
    };
    const { post: _post, ...draft } = input;
    await json2Client().load({ ...draft, lines }, call());
    expect(JSON.parse(odoo.requests[1]?.text ?? '')).toEqual({
      fields: ['id', 'ref', 'line_ids/id', 'line_ids/account_id/.id', 'line_ids/debit', 'line_ids/credit'],
      data: [
        ['puente.move_1', 'txn:1', 'puente.move_1_1', '10', '0.100', ''],
        ['', '', 'puente.move_1_2', '11', '', '0.100'],
      ],
    });
  });

  it('needs both methods to be allowed', async () => {
    const allowed = DEFAULT_ALLOWED.filter(({ method }) => method !== 'action_post');
    const seen = await failure((async () => json2Client({ allowed: [...allowed] }).load(input, call()))());
    expect(seen).toMatchObject({ kind: 'rejected', code: 'METHOD_NOT_ALLOWED' });
  });
});
