import { randomBytes } from 'node:crypto';
import { type Place, unwrapDataKey, wrapDataKey, type WrappedDataKey } from './envelope';
import { EnvelopeUnreadableError } from './envelope.errors';
import type { KeyProvider } from './key-provider.port';
import { KEY_BYTES } from './sealed-box';

/** A wrapped nothing: whoever unwraps it holds the very key that was used under this name. Made under the active key. */
export function makeCanary(keys: KeyProvider): Promise<WrappedDataKey> {
  return wrapDataKey(keys, placeOf(keys.activeKid), randomBytes(KEY_BYTES));
}

/** Whether the ring's key of this name is the one that the canary was made with. */
export async function sings(keys: KeyProvider, kid: string, canary: unknown): Promise<boolean> {
  try {
    (await unwrapDataKey(keys, placeOf(kid), canary)).fill(0);
    return (canary as WrappedDataKey).kid === kid;
  } catch (error) {
    if (error instanceof EnvelopeUnreadableError) return false;
    throw error;
  }
}

function placeOf(kid: string): Place {
  return { kind: 'canary', column: 'encryption_keys.canary', row: kid };
}
