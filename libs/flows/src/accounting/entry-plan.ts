import type { JsonObject } from '@puente/kernel';
import type { AccountingMessage } from './accounting-message';
import type { AccountingRoute, EntryKind } from './accounting-routes.schemas';
import { amountOf, type EntryAmount } from './entry-amount';
import { type Direction, directionOf, type LoadCall, loadCall } from './load-call';
import { type MethodCall, methodCall } from './method-call';
import { fill, textOf } from './templates';
import { Unusable } from './unusable';

/** What a message becomes by its route: everything but ids and the call to the ledger. */
export interface EntryPlan {
  readonly route: AccountingRoute;
  /** Unique within the tenant: the route's name and what its key says of the message. */
  readonly key: string;
  readonly reference: string | undefined;
  readonly direction: Direction | undefined;
  readonly amount: EntryAmount | undefined;
  readonly order: string | undefined;
  readonly call: PlannedCall;
}

export type PlannedCall =
  | { readonly operation: 'callOnce'; readonly input: MethodCall & { readonly key: string } }
  | { readonly operation: 'callNative' | 'call'; readonly input: MethodCall }
  | { readonly operation: 'load'; readonly input: LoadCall };

/** What a message asks for. REST says the kind, a queue model and method; both only choose among the tenant's routes. */
export type RouteChoice =
  | { readonly kind: EntryKind; readonly name?: string | undefined }
  | { readonly model: string; readonly method: string };

/** Keys of Odoo's side and of ours have room for so much. */
const LONGEST_KEY = 120;

/** @returns the first of the tenant's routes that takes the message */
export function routeFor(
  routes: readonly AccountingRoute[],
  choice: RouteChoice,
  message: AccountingMessage,
): AccountingRoute | Unusable {
  const chosen = routes.filter(({ name, kind, match }) =>
    'kind' in choice
      ? kind === choice.kind && (choice.name === undefined || choice.name === name)
      : match.model === choice.model && match.method === choice.method,
  );
  const fits = chosen.find(({ match }) =>
    Object.entries(match.where ?? {}).every(([path, text]) => textOf(message, path) === text),
  );
  return fits ?? new Unusable('no route of this tenant takes the message', 'kind' in choice ? 'route' : '');
}

/**
 * @param otherwise the key of an entry whose route has none: of the message or the request it came with
 */
export function planEntry(
  route: AccountingRoute,
  message: AccountingMessage,
  { tenantId, otherwise }: { readonly tenantId: string; readonly otherwise: string },
): EntryPlan | Unusable {
  const told = route.key === undefined ? otherwise : fill(route.key, message, encodeURIComponent);
  const amount = amountOf(route, message);
  const reference = route.reference === undefined ? undefined : fill(route.reference, message);
  const order = route.order === undefined ? undefined : fill(route.order, message);
  for (const part of [told, amount, reference, order]) if (part instanceof Unusable) return part;
  const [text, money] = [told as string, amount as EntryAmount | undefined];
  if (text.length > LONGEST_KEY) return new Unusable(`the key is longer than ${String(LONGEST_KEY)} characters`);
  const key = `${route.name}:${text}`;
  const call = callOf(route, message, money, `${tenantId}:${key}`);
  if (call instanceof Unusable) return call;
  return {
    ...{ route, key, call, amount: money, direction: directionOf(message) },
    ...{ reference: (reference as string | undefined)?.slice(0, 200), order: order as string | undefined },
  };
}

/** What makes two messages the same entry: all that Odoo would be told. */
export function contentOf({ call, direction }: EntryPlan): JsonObject {
  return { operation: call.operation, input: { ...call.input }, direction: direction ?? null };
}

function callOf(
  route: AccountingRoute,
  message: AccountingMessage,
  amount: EntryAmount | undefined,
  odooKey: string,
): PlannedCall | Unusable {
  if (route.via === 'load') {
    const load = loadCall(route, message, amount, odooKey);
    return load instanceof Unusable ? load : { operation: 'load', input: load };
  }
  const input = methodCall(route, message, amount);
  if (input instanceof Unusable) return input;
  switch (route.via) {
    case 'ledger':
      return { operation: 'callOnce', input: { key: odooKey, ...input } };
    case 'native':
      return { operation: 'callNative', input };
    case 'unsafe':
      return { operation: 'call', input };
  }
}
