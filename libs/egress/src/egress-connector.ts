import { Socket } from 'node:net';
import { buildConnector } from 'undici';
import type { EgressGuard, Reach } from './egress-guard';

/** undici types what its connectors return as nothing; it is the socket. */
type Connect = (...given: Parameters<buildConnector.connector>) => unknown;

export interface ConnectorOptions {
  /** For resolving, connecting and the TLS handshake together. */
  readonly timeoutMs: number;
  readonly reach?: Reach;
  /** Is told of each socket that is being connected: undici leaves it alone when its dispatcher is destroyed meanwhile. */
  readonly connecting?: ConnectingSockets;
}

/** Sockets that are not connected yet. */
export class ConnectingSockets {
  private readonly sockets = new Set<Socket>();

  /** @param until the event with which it belongs to whoever asked for it */
  add(socket: Socket, until: 'connect' | 'secureConnect'): void {
    this.sockets.add(socket);
    const settled = (): void => {
      this.sockets.delete(socket);
    };
    socket.once(until, settled).once('close', settled);
  }

  /** None of them is wanted any more. */
  destroy(): void {
    for (const socket of this.sockets) socket.destroy();
  }
}

/**
 * The `connect` option of undici's `Pool`, `Client` or `Agent`: each new connection goes only where the guard lets it.
 * Such a dispatcher follows no redirect and knows no proxy, whatever the environment says.
 *
 * @example new Pool(origin, { connect: egressConnector(guard, { timeoutMs: 3_000 }) })
 */
export function egressConnector(
  guard: EgressGuard,
  { timeoutMs, reach = 'public', connecting }: ConnectorOptions,
): buildConnector.connector {
  const builders = new Map<string, Connect>();
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
    const socket = connect(options, callback);
    if (socket instanceof Socket) connecting?.add(socket, protocol === 'https:' ? 'secureConnect' : 'connect');
  };
}
