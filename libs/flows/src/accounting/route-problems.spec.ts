import { AccountingRoute } from './accounting-routes.schemas';
import { DEFAULT_ROUTES } from './default-routes';
import { routeProblems } from './route-problems';

const [move] = DEFAULT_ROUTES;
const load = {
  ...{ model: 'account.move', journal: { name: 'MISC' } },
  ...{ cargo: { debit: { id: 1 }, credit: { id: 2 } }, abono: { debit: { id: 2 }, credit: { id: 1 } } },
};
const route = (given: object): AccountingRoute => AccountingRoute.parse({ ...move, ...given });
const problemsOf = (...routes: AccountingRoute[]): string[] => routeProblems(routes).map(({ path }) => path);

describe('routes', () => {
  it('that are built in are good, and so is the recipe of load', () => {
    expect(routeProblems(DEFAULT_ROUTES)).toEqual([]);
    expect(problemsOf(route({ via: 'load', bind: undefined, load }))).toEqual([]);
  });

  it.each([
    ['a key that names no field', { key: 'always' }, 'routes.0.key'],
    ['no key', { key: undefined }, 'routes.0.key'],
    ['a key of many messages', { key: '{message.groupId}:{body.a}' }, 'routes.0.key'],
    ['no binding', { bind: undefined }, 'routes.0.bind'],
    ['a parameter that is Odoo’s own', { bind: { style: 'dict:context', from: ['body'] } }, 'routes.0.bind.style'],
    ['a standard method', { call: { model: 'account.move', method: 'create' } }, 'routes.0.call.method'],
    ['a recipe that is not used', { load }, 'routes.0.load'],
    ['load without a recipe', { via: 'load', bind: undefined }, 'routes.0.load'],
    ['load with a binding', { via: 'load', load }, 'routes.0.bind'],
    ['load without an amount', { via: 'load', load, bind: undefined, amount: undefined }, 'routes.0.amount'],
    ['a recipe of another model', { via: 'load', bind: undefined, load: { model: 'res.partner', fields: {} } }, 'routes.0.load.model'], // prettier-ignore
    ['companies that are none', { context: { allowed_company_ids: ['1'] } }, 'routes.0.context.allowed_company_ids'],
  ])('are refused for %s', (_, given, path) => {
    expect(problemsOf(route(given))).toContain(path);
  });

  it('may do without a key when they are unsafe', () => {
    expect(problemsOf(route({ key: undefined, via: 'unsafe' }))).toEqual([]);
  });

  it('are refused when one hides another, or has its name', () => {
    const narrow = { match: { ...route({}).match, where: { 'body.company_id': '2' } } };

    expect(problemsOf(route({ ...narrow, name: 'first' }), route({ name: 'second' }))).toEqual([]);
    expect(problemsOf(route({ name: 'first' }), route({ ...narrow, name: 'second' }))).toEqual(['routes.1.match']);
    expect(problemsOf(route(narrow), route({}))).toEqual(['routes.1.name']);
  });

  it.each([
    ['a private method', { match: { model: 'account.move', method: '_post' } }],
    ['a style nobody knows', { bind: { style: 'args', from: ['body'] } }],
    ['a placeholder nobody knows', { key: 'txn:{headers.id}' }],
    ['a brace that is left open', { key: 'txn:{body.id' }],
    ['a field nobody knows', { retries: 3 }],
  ])('cannot even be written with %s', (_, given) => {
    expect(AccountingRoute.safeParse({ ...move, ...given }).success).toBe(false);
  });
});
