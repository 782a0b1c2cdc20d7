import type { NotSentCause } from '@puente/kernel';

/**
 * Why a connection never came to be, by what Node or undici threw before anything was written.
 *
 * @returns undefined for what the network does not explain
 */
export function unsentCause(error: unknown): NotSentCause | undefined {
  const { syscall, code } = error as { readonly syscall?: unknown; readonly code?: unknown };
  if (syscall === 'getaddrinfo') return 'dns';
  const text = typeof code === 'string' ? code : '';
  if (/^(?:CERT_|ERR_TLS|ERR_SSL|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|EPROTO)/.test(text)) return 'tls';
  return /^(?:E[A-Z]+|UND_ERR_(?:CONNECT_TIMEOUT|SOCKET|DESTROYED|CLOSED))$/.test(text) ? 'connect' : undefined;
}
