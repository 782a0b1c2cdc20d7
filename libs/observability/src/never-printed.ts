/** Field names whose value is never printed, whoever logs them and up to two levels down. The second net, not the first. */
const NEVER_PRINTED: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'password',
  'secret',
  'secrets',
  'token',
  'apiKey',
  'accessKeyId',
  'secretAccessKey',
  'sessionToken',
  'credentials',
  'headers',
  'body',
]);
const LEVELS_DOWN = 2;
/** These have serializers with allow-lists of their own, which want to see the thing itself. */
const SERIALIZED: ReadonlySet<string> = new Set(['err', 'error', 'req', 'res']);

/**
 * The same fields without the values that are never printed. By hand, because pino's own redaction takes 40 µs for a
 * line of ten fields in which there is nothing to redact, and this takes less than one.
 */
export function withoutSecrets<T extends object>(fields: T, levels = LEVELS_DOWN): T {
  const outermost = levels === LEVELS_DOWN;
  let copy: Record<string, unknown> | undefined;
  for (const [name, value] of Object.entries(fields)) {
    if (outermost && SERIALIZED.has(name)) continue;
    const printed = NEVER_PRINTED.has(name) ? '[redacted]' : inside(value, levels);
    if (printed !== value) (copy ??= copyOf(fields))[name] = printed;
  }
  return (copy as T | undefined) ?? fields;
}

/** What prints itself in its own way, such as a date, is not opened. */
function inside(value: unknown, levels: number): unknown {
  if (levels === 0 || typeof value !== 'object' || value === null) return value;
  return 'toJSON' in value ? value : withoutSecrets(value, levels - 1);
}

/** Lists too: their places are their names. */
function copyOf(fields: object): Record<string, unknown> {
  return (Array.isArray(fields) ? [...(fields as unknown[])] : { ...fields }) as Record<string, unknown>;
}
