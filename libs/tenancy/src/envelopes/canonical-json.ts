import canonicalize from 'canonicalize';

/**
 * JSON in one spelling only (RFC 8785: keys sorted, no spaces), for whatever is hashed or authenticated: equal values
 * give equal bytes, whoever wrote them and in whichever order.
 */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError('This value has no JSON form');
  return text;
}
