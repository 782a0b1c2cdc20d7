import net from 'node:net';
import tls from 'node:tls';
import type { Destination } from './destination';
import type { EgressGuard, Reach } from './egress-guard';

export interface GuardedConnection extends Destination {
  /** Begins with a TLS handshake; certificates are checked against the host, whatever it resolves to. Left out: plain. */
  readonly tls?: Pick<tls.ConnectionOptions, 'ca' | 'ALPNProtocols'>;
  readonly reach?: Reach;
}

/**
 * A socket for a protocol that is not HTTP: it goes only where the guard lets it, by the addresses that were judged. Not
 * yet connected: its owner waits for `connect` or `secureConnect`, and for how long.
 *
 * @throws {EgressError} when nothing needs to be looked up to know that it may not
 */
export function guardedConnection(guard: EgressGuard, wanted: GuardedConnection): net.Socket {
  const { protocol, host, port, reach = 'public' } = wanted;
  guard.admit(wanted, reach);
  const options = { host, port, lookup: guard.lookup({ protocol, port }, reach), noDelay: true };
  if (!wanted.tls) return net.connect(options);
  return tls.connect({ ...options, ...wanted.tls, ...(net.isIP(host) === 0 ? { servername: host } : {}) });
}
