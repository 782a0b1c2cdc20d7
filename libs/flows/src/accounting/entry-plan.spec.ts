import type { AccountingMessage } from './accounting-message';
import { AccountingRoute } from './accounting-routes.schemas';
import { readBody } from './accounting-message';
import { DEFAULT_ROUTES } from './default-routes';
import { contentOf, type EntryPlan, planEntry, routeFor } from './entry-plan';
import { Unusable } from './unusable';

const [move, partner] = DEFAULT_ROUTES as [AccountingRoute, AccountingRoute];
const S03 = '{"transaction_id": 123, "amount": 1500.00, "finalitix_type": "cargo", "description": "Pago"}';
const load = {
  ...{ model: 'account.move', journal: { externalId: 'account.misc' } },
  ...{
    cargo: { debit: { id: 1 }, credit: { name: '102.01' } },
    abono: { debit: { name: '102.01' }, credit: { id: 1 } },
  },
};

const saying = (body: string, attributes: AccountingMessage['attributes'] = {}): AccountingMessage => {
  const read = readBody(body);
  if (read instanceof Unusable) throw new Error(read.problem);
  return { body: read, attributes, groupId: 'g' };
};
const planned = (message: AccountingMessage, given: object = {}, route = move): EntryPlan => {
  const plan = planEntry(AccountingRoute.parse({ ...route, ...given }), message, { tenantId: 't', otherwise: 'o' });
  if (plan instanceof Unusable) throw new Error(plan.problem);
  return plan;
};
const refused = (message: AccountingMessage, given: object = {}): string => {
  const plan = planEntry(AccountingRoute.parse({ ...move, ...given }), message, { tenantId: 't', otherwise: 'o' });
  return plan instanceof Unusable ? plan.problem : 'it was planned';
};

describe('an entry', () => {
  it('of S0.3 calls the method by keywords, with all decimals of the amount and a key of tenant and route', () => {
    const plan = planned(saying(S03, { model: 'account.move', method: 'create_post_move' }));

    expect(plan.call).toEqual({
      operation: 'callOnce',
      input: {
        ...{ key: 't:create-post-move:txn:123', model: 'account.move', method: 'create_post_move' },
        kwargs: { transaction_id: 123, amount: { $decimal: '1500.00' }, finalitix_type: 'cargo', description: 'Pago' },
      },
    });
    expect(plan).toMatchObject({ direction: 'cargo', amount: { minor: 150_000n, currency: 'MXN' }, reference: '123' });
  });

  it('of S0.4 calls the method with its attributes, but those that choose the route', () => {
    const attributes = {
      model: 'res.partner',
      method: 'create_finalitix_partner',
      accountId: 77,
      finalitixUserId: 'u',
    };
    const plan = planned(saying('{}', attributes), {}, partner);

    expect(plan.call.input).toEqual({
      ...{ key: 't:create-partner:partner:u', model: 'res.partner', method: 'create_finalitix_partner' },
      kwargs: { accountId: 77, finalitixUserId: 'u' },
    });
  });

  it.each([
    ['dict:vals', { kwargs: { vals: { a: 1 } } }],
    ['recordset', { ids: [], args: [{ a: 1 }] }],
    ['recordset:vals', { ids: [], kwargs: { vals: { a: 1 } } }],
  ])('binds as %s', (style, input) => {
    const given = { bind: { style, from: ['body'] }, key: '{body.a}', amount: undefined, reference: undefined };

    expect(planned(saying('{"a": 1}'), given).call.input).toMatchObject(input);
  });

  it('hands the amount over as text to a method that wants text', () => {
    const plan = planned(saying(S03), { amount: { path: 'body.amount', currency: 'KWD', as: 'string' } });

    expect(plan.call.input).toMatchObject({ kwargs: { amount: '1500.000' } });
  });

  it('becomes balanced lines on the accounts of its direction, each with an external id, with the recipe of load', () => {
    const given = { via: 'load', bind: undefined, load };
    const [cargo, abono] = ['cargo', 'abono'].map((type) => planned(saying(S03.replace('cargo', type)), given).call);

    expect(cargo).toMatchObject({ operation: 'load', input: { model: 'account.move', post: 'action_post' } });
    const { externalId, fields, lines } = cargo?.input as { externalId: string; fields: object; lines: object };
    expect(externalId).toMatch(/^account_move_[0-9a-f]{40}$/);
    expect(fields).toEqual({ move_type: 'entry', 'journal_id/id': 'account.misc', currency_id: 'MXN', ref: '123' });
    expect(lines).toEqual({
      field: 'line_ids',
      items: [
        { externalId: `${externalId}_debit`, fields: { 'account_id/.id': '1', name: '123', debit: '1500.00', credit: '0.00' } }, // prettier-ignore
        { externalId: `${externalId}_credit`, fields: { account_id: '102.01', name: '123', debit: '0.00', credit: '1500.00' } }, // prettier-ignore
      ],
    });
    expect(abono?.input).toMatchObject({
      lines: { items: [{ fields: { account_id: '102.01', debit: '1500.00' } }, { fields: { 'account_id/.id': '1' } }] },
    });
  });

  it.each([
    ['no transaction', '{"amount": 1}', {}, /body\.transaction_id is missing/],
    ['an amount of too many decimals', '{"transaction_id": 1, "amount": 0.001}', {}, /more decimals than MXN/],
    ['no amount', '{"transaction_id": 1}', {}, /body\.amount is missing/],
    ['an amount below zero', '{"transaction_id": 1, "amount": -5}', {}, /no plain decimal/],
    ['a currency that is none', '{"transaction_id": 1, "amount": 5, "currency": "pesos"}', {}, /no currency/],
    ['an argument that is no name', '{"transaction_id": 1, "amount": 5, "a b": 1}', {}, /no argument’s name/],
    ['an argument that is Odoo’s own', '{"transaction_id": 1, "amount": 5, "context": {}}', {}, /no argument’s name/],
    ['another currency than debit and credit are in', '{"transaction_id": 1, "amount": 5, "currency": "USD"}', { via: 'load', bind: undefined, load }, /are MXN, not USD/], // prettier-ignore
    ['no direction', '{"transaction_id": 1, "amount": 5}', { via: 'load', bind: undefined, load }, /neither cargo nor abono/], // prettier-ignore
  ])('is refused for %s', (_, body, given, problem) => {
    expect(refused(saying(body), given)).toMatch(problem);
  });

  it('is the same entry for the same money, however it is written, and another one for other money', () => {
    const contents = ['1500.00', '1500', '1500.0', '"1500.00"', '1500.01'].map((amount) =>
      JSON.stringify(contentOf(planned(saying(S03.replace('1500.00', amount))))),
    );

    expect(new Set(contents.slice(0, 4)).size).toBe(1);
    expect(contents[4]).not.toBe(contents[0]);
  });

  it('has a key of its own for every pair of fields', () => {
    const key = (a: string, b: string) => planned(saying(JSON.stringify({ a, b, amount: 1 })), { key: '{body.a}:{body.b}', reference: undefined }).key; // prettier-ignore

    expect(key('1:2', '3')).not.toBe(key('1', '2:3'));
  });

  it('keeps the order of its company, or of its queue’s group, when asked', () => {
    expect(planned(saying(S03)).order).toBeUndefined();
    expect(planned(saying('{"transaction_id": 1, "amount": 1, "company_id": 3}'), { order: 'company {body.company_id}' }).order).toBe('company 3'); // prettier-ignore
    expect(planned(saying(S03), { order: '{message.groupId}' }).order).toBe('g');
  });
});

describe('a message', () => {
  const choice = { model: 'account.move', method: 'create_post_move' };

  it('can only choose among the routes of its tenant', () => {
    const other = routeFor(DEFAULT_ROUTES, { model: 'res.users', method: 'unlink' }, saying('{}'));

    expect(routeFor(DEFAULT_ROUTES, choice, saying('{}'))).toBe(move);
    expect(routeFor(DEFAULT_ROUTES, { kind: 'partner' }, saying('{}'))).toBe(partner);
    expect(routeFor(DEFAULT_ROUTES, { kind: 'partner', name: move.name }, saying('{}'))).toBeInstanceOf(Unusable);
    expect(other).toBeInstanceOf(Unusable);
  });

  it('takes the first route that its fields fit', () => {
    const second = AccountingRoute.parse({
      ...move,
      name: 'two',
      match: { ...choice, where: { 'body.company_id': '2' } },
    });

    expect(routeFor([second, move], choice, saying('{"company_id": 2}'))).toBe(second);
    expect(routeFor([second, move], choice, saying('{"company_id": 1}'))).toBe(move);
  });
});
