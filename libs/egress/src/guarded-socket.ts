import type { LookupFunction } from 'node:net';
import type { EgressGuard, Reach } from './egress-guard';

/** How connections of an agent are guarded. */
export interface SocketGuard {
  readonly guard: EgressGuard;
  readonly reach: Reach;
}

/** What Node's agents say of a connection that they are about to make. */
interface Connecting {
  readonly host?: string | null | undefined;
  readonly port?: number | string | null | undefined;
}

/**
 * For `createConnection` of a `http.Agent`: the options with which the socket goes only where the guard lets it.
 *
 * @throws {EgressError} when nothing needs to be looked up to know that it may not
 */
export function guardedSocket<Options extends Connecting>(
  { guard, reach }: SocketGuard,
  protocol: 'http:' | 'https:',
  options: Options,
): Options & { lookup: LookupFunction } {
  const host = (options.host ?? '').replace(/^\[(.*)\]$/, '$1');
  const port = Number(options.port ?? 0) || (protocol === 'https:' ? 443 : 80);
  guard.admit({ protocol, host, port }, reach);
  return { ...options, lookup: guard.lookup({ protocol, port }, reach) };
}
