import type { JsonObject, JsonValue } from '@puente/kernel';
import { exactDecimal } from '@puente/providers/odoo';
import type { AccountingMessage } from './accounting-message';
import type { AccountingRoute, Bind } from './accounting-routes.schemas';
import { decimalText } from './amounts';
import type { EntryAmount } from './entry-amount';
import { isObject } from './message-json';
import { Unusable } from './unusable';

/** A method and what it is called with. */
export interface MethodCall {
  readonly model: string;
  readonly method: string;
  readonly args?: JsonValue[];
  readonly kwargs?: JsonObject;
  readonly ids?: number[];
}

/** Attributes that choose the route and are no argument of anything. */
const CHOOSING = ['model', 'method'];
const RESERVED = ['ids', 'context'];
const ARGUMENT = /^[A-Za-z_][A-Za-z0-9_]{0,99}$/;

/**
 * What a route makes of a message. `kwargs`: each field is an argument by its name, for methods of the model, on every
 * version. `dict:<param>`: all of them are one argument. `recordset`: one argument of a method that wants records, of
 * which there are none; with a parameter's name it also works where arguments have no place (JSON-2).
 */
export function methodCall(
  route: AccountingRoute,
  message: AccountingMessage,
  amount: EntryAmount | undefined,
): MethodCall | Unusable {
  const { bind, call, match } = route;
  const { model, method } = call ?? match;
  if (!bind) return new Unusable(`the route ${route.name} says nothing of arguments`);
  const values = boundValues(bind, message, amountPlace(route, amount));
  const [style, parameter] = bind.style.split(':');
  if (style === 'kwargs') {
    const bad = Object.keys(values).find((name) => !ARGUMENT.test(name) || RESERVED.includes(name));
    return bad === undefined ? { model, method, kwargs: values } : new Unusable(`${JSON.stringify(bad.slice(0, 64))} is no argument’s name`); // prettier-ignore
  }
  const ids = style === 'recordset' ? { ids: [] } : {};
  if (parameter === undefined) return { model, method, ...ids, args: [values] };
  return { model, method, ...ids, kwargs: { [parameter]: values } };
}

function boundValues({ from, omit }: Bind, message: AccountingMessage, place: JsonObject): JsonObject {
  const all = from.flatMap((source) =>
    source === 'body'
      ? Object.entries(withAmount(message.body, place.body))
      : Object.entries(withAmount(message.attributes, place.attributes)).filter(([name]) => !CHOOSING.includes(name)),
  );
  return Object.fromEntries(all.filter(([name]) => !omit.includes(name)));
}

/** `body.a.amount` as `{body: {a: {amount: …}}}`: with all decimals of its currency, as the method wants it. */
function amountPlace({ amount }: AccountingRoute, given: EntryAmount | undefined): JsonObject {
  if (!amount || !given) return {};
  const text = decimalText(given.minor, given.currency);
  const value: JsonValue = amount.as === 'string' ? text : exactDecimal(text);
  return amount.path.split('.').reduceRight<JsonValue>((inner, name) => ({ [name]: inner }), value) as JsonObject;
}

function withAmount(given: JsonObject, place: JsonValue | undefined): JsonObject {
  if (!isObject(place)) return given;
  const [[name, inner] = []] = Object.entries(place);
  if (name === undefined || inner === undefined) return given;
  const own = given[name];
  const isLeaf = !isObject(inner) || typeof inner.$decimal === 'string';
  return { ...given, [name]: isLeaf ? inner : isObject(own) ? withAmount(own, inner) : inner };
}
