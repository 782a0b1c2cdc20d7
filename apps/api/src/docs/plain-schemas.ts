/** Formats that say all that the pattern zod adds to them says, in one word instead of a line of brackets. */
const FORMATS: readonly unknown[] = ['uuid', 'date-time', 'date', 'email', 'uri'];

/** @returns the same schemas, without what no reader needs: patterns beside a format, and the bounds of every integer */
export function plain<T>(node: T): T {
  if (Array.isArray(node)) return node.map((item: unknown) => plain(item)) as T;
  if (typeof node !== 'object' || node === null) return node;
  const schema = node as Readonly<Record<string, unknown>>;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key, value]) => !isNoise(schema, key, value))
      .map(([key, value]) => [key, plain(value)]),
  ) as T;
}

function isNoise(schema: Readonly<Record<string, unknown>>, key: string, value: unknown): boolean {
  if (key === 'pattern') return FORMATS.includes(schema['format']);
  if (key === 'minimum' || key === 'maximum')
    return schema['type'] === 'integer' && Math.abs(Number(value)) === Number.MAX_SAFE_INTEGER;
  return false;
}
