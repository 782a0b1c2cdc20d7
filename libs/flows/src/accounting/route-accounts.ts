import { DEFAULT_ALLOWED, OdooConfig } from '@puente/providers/odoo';
import type { AccountingRoute } from './accounting-routes.schemas';
import type { RouteProblem } from './route-problems';

/** An account at Odoo, as far as routes go by it. */
export interface OdooAccount {
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** Routes whose account is not there, or would refuse each of their entries (METHOD_NOT_ALLOWED): found out at save. */
export function accountProblems(routes: readonly AccountingRoute[], accounts: readonly OdooAccount[]): RouteProblem[] {
  return routes.flatMap((route, at) => {
    const account = accounts.find(({ name }) => name === route.integration);
    if (!account) {
      const message = `the tenant has no integration of odoo named ${route.integration}: PUT /v1/integrations/odoo first`;
      return [{ path: `routes.${String(at)}.integration`, message }];
    }
    const allowed = allowedBy(account);
    return callsOf(route)
      .filter(({ model, method }) => !allowed.some((pair) => pair.model === model && pair.method === method))
      .map(({ model, method, place }) => ({
        path: `routes.${String(at)}.${place}`,
        message: `${model}.${method} is not in allowed of the integration ${route.integration}`,
      }));
  });
}

function allowedBy({ config }: OdooAccount) {
  return OdooConfig.shape.allowed.parse(config.allowed) ?? DEFAULT_ALLOWED;
}

/** What the provider asks its list for, call by call. */
function callsOf({ load, call, match }: AccountingRoute) {
  if (!load) return [{ ...(call ?? match), place: call ? 'call' : 'match' }];
  const methods = load.model === 'account.move' ? ['load', 'action_post'] : ['load'];
  return methods.map((method) => ({ model: load.model, method, place: 'load' }));
}
