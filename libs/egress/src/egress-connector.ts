import { buildConnector } from 'undici';
import type { EgressGuard, Reach } from './egress-guard';

export interface ConnectorOptions {
  /** For resolving, connecting and the TLS handshake together. */
  readonly timeoutMs: number;
  readonly reach?: Reach;
}

/**
 * The `connect` option of undici's `Pool`, `Client` or `Agent`: each new connection goes only where the guard lets it.
 * Such a dispatcher follows no redirect and knows no proxy, whatever the environment says.
 *
 * @example new Pool(origin, { connect: egressConnector(guard, { timeoutMs: 3_000 }) })
 */
export function egressConnector(
  guard: EgressGuard,
  { timeoutMs, reach = 'public' }: ConnectorOptions,
): buildConnector.connector {
  const builders = new Map<string, buildConnector.connector>();
  return (options, callback) => {
    const { protocol, hostname } = options;
    const port = Number(options.port) || (protocol === 'https:' ? 443 : 80);
    try {
      guard.admit({ protocol, port, host: hostname.replace(/^\[(.*)\]$/, '$1') }, reach);
    } catch (error) {
      // Not before it returns: undici's own connectors never answer at once.
      queueMicrotask(() => {
        callback(error as Error, null);
      });
      return;
    }
    const key = `${protocol}${String(port)}`;
    let connect = builders.get(key);
    if (!connect) {
      connect = buildConnector({ timeout: timeoutMs, lookup: guard.lookup({ protocol, port }, reach) });
      builders.set(key, connect);
    }
    connect(options, callback);
  };
}
