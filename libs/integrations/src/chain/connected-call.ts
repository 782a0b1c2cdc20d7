import { changedCall, type ProviderCall } from '@puente/kernel';
import type { Redaction } from '@puente/observability';

/** What the innermost link needs beside the call: a client with the tenant's credentials, and their mask. */
export interface Connection {
  readonly client: unknown;
  readonly redaction: Redaction;
}

const CONNECTION = Symbol('puente.connection');

/** A call that has a client. Under a symbol, which neither a log line nor a column of JSON takes along. */
export function connected(call: ProviderCall, connection: Connection): ProviderCall {
  const withClient: ProviderCall & { [CONNECTION]?: Connection } = changedCall(call, {});
  withClient[CONNECTION] = connection;
  return withClient;
}

/** @throws when the chain was put together without the link that connects */
export function connectionOf(call: ProviderCall): Connection {
  const { [CONNECTION]: connection } = call as { [CONNECTION]?: Connection };
  if (!connection)
    throw new TypeError('A provider call came without its client: no link of the chain has connected it');
  return connection;
}
