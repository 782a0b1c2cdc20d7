import type { AccountingRoute } from './accounting-routes.schemas';
import { placeholdersOf } from './templates';

export interface RouteProblem {
  /** Dotted path into the body: `routes.0.key`. */
  readonly path: string;
  readonly message: string;
}

/** What no single field shows to be wrong: whoever saves such routes would hear of it by lost or doubled entries. */
export function routeProblems(routes: readonly AccountingRoute[]): RouteProblem[] {
  return routes.flatMap((route, at) =>
    [...ofTheRoute(route), ...besideOthers(route, routes.slice(0, at))].map(({ path, message }) => ({
      path: `routes.${String(at)}.${path}`,
      message,
    })),
  );
}

function ofTheRoute(route: AccountingRoute): RouteProblem[] {
  return [
    ...ofItsKey(route),
    ...(route.via === 'load' ? ofItsRecipe(route) : ofItsBinding(route)),
    ...ofItsFields(route),
  ];
}

function ofItsKey({ key, via }: AccountingRoute): RouteProblem[] {
  if (key === undefined)
    return via === 'unsafe' ? [] : problem('key', 'needed: only an unsafe route posts what nothing tells apart');
  const fields = placeholdersOf(key);
  if (fields.length === 0) return problem('key', 'names no field: it would let one entry through, ever');
  if (fields.includes('message.groupId')) return problem('key', 'message.groupId is shared by many messages');
  return [];
}

function ofItsRecipe({ load, bind, call, amount, match }: AccountingRoute): RouteProblem[] {
  return [
    ...(load ? [] : problem('load', 'needed when via is load')),
    ...(bind ? problem('bind', 'not with load, which calls no method of yours') : []),
    ...(call ? problem('call', 'not with load, which calls no method of yours') : []),
    ...(load?.model === 'account.move' && !amount ? problem('amount', 'needed: debit and credit are made of it') : []),
    ...(load && load.model !== match.model ? problem('load.model', `is not the model of match, ${match.model}`) : []),
  ];
}

function ofItsBinding({ load, bind, call, match }: AccountingRoute): RouteProblem[] {
  const target = call ?? match;
  const parameter = bind?.style.split(':')[1];
  return [
    ...(load ? problem('load', 'only when via is load') : []),
    ...(bind ? [] : problem('bind', 'needed: what the method is called with')),
    ...(parameter === 'context' || parameter === 'ids' ? problem('bind.style', 'ids and context are Odoo’s own') : []),
    ...(STANDARD.has(target.method)
      ? problem(call ? 'call.method' : 'match.method', 'standard methods only by the recipe of load: they post twice')
      : []),
  ];
}

/** What the research of the bridge showed to double entries when an answer is lost. */
const STANDARD: ReadonlySet<string> = new Set([
  'create',
  'write',
  'unlink',
  'action_post',
  'load',
  'copy',
  'name_create',
]);

function ofItsFields({ kind, amount, context }: AccountingRoute): RouteProblem[] {
  const companies = context.allowed_company_ids;
  const areIds = Array.isArray(companies) && companies.length > 0 && companies.every((id) => typeof id === 'number' && id > 0); // prettier-ignore
  return [
    ...(amount && kind !== 'move' ? problem('amount', 'only moves have one') : []),
    ...(companies === undefined || areIds
      ? []
      : problem('context.allowed_company_ids', 'expected numbers of companies')),
  ];
}

function besideOthers(route: AccountingRoute, before: readonly AccountingRoute[]): RouteProblem[] {
  const { model, method } = route.match;
  const hiding = before.find(
    ({ match }) => match.model === model && match.method === method && isWithin(match.where, route.match.where),
  );
  return [
    ...(before.some(({ name }) => name === route.name) ? problem('name', 'another route has it') : []),
    ...(hiding
      ? problem('match', `never reached: the route ${hiding.name} before it takes all of these messages`)
      : []),
  ];
}

/** Whether whatever fits `narrow` also fits `wide`. */
function isWithin(wide: Readonly<Record<string, string>> = {}, narrow: Readonly<Record<string, string>> = {}): boolean {
  return Object.entries(wide).every(([path, text]) => narrow[path] === text);
}

function problem(path: string, message: string): RouteProblem[] {
  return [{ path, message }];
}
