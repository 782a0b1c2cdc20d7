import { timingSafeEqual } from 'node:crypto';

const LOOPBACK: ReadonlySet<string> = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

/** Who may read /metrics: with a token set whoever sends it as `Bearer`, without one this machine only. */
export function mayReadMetrics(
  request: { readonly ip: string; readonly authorization: string | undefined },
  token: string | undefined,
): boolean {
  if (token === undefined) return LOOPBACK.has(request.ip);
  const [given, expected] = [Buffer.from(request.authorization ?? ''), Buffer.from(`Bearer ${token}`)];
  return given.length === expected.length && timingSafeEqual(given, expected);
}
