import { randomBytes } from 'node:crypto';
import { canonicalJson } from './canonical-json';
import { EnvelopeUnreadableError } from './envelope.errors';
import type { KeyProvider } from './key-provider.port';
import { fromBase64, KEY_BYTES, open, type SealedBox, seal } from './sealed-box';

/** Version of the format. It is authenticated, so an envelope cannot be passed off as one of another version. */
export const ENVELOPE_VERSION = 1;

/** Ciphertext with a data key of its own, as JSON for a column. All but `v` and `kid` is base64. */
export interface Envelope {
  readonly v: typeof ENVELOPE_VERSION;
  /** Which key-encryption key the data key is wrapped under. */
  readonly kid: string;
  /** The wrapped data key. */
  readonly wdk: string;
  readonly iv: string;
  readonly ct: string;
  readonly tag: string;
}

/** Where a ciphertext lies and what it is. Every member is authenticated: moved by one, it does not open. */
export type Place = Readonly<Record<string, string | number>>;

/** Encrypts under a fresh data key, which is wrapped and then forgotten. */
export async function sealEnvelope(keys: KeyProvider, place: Place, plaintext: Buffer): Promise<Envelope> {
  const dataKey = randomBytes(KEY_BYTES);
  try {
    const wrapped = await keys.wrap(dataKey, wrapContext(place));
    const box = seal(dataKey, plaintext, associatedData(place));
    return { v: ENVELOPE_VERSION, kid: wrapped.kid, wdk: wrapped.bytes.toString('base64'), ...encoded(box) };
  } finally {
    dataKey.fill(0);
  }
}

/** @throws {EnvelopeUnreadableError} when it is not exactly what was sealed for this place */
export async function openEnvelope(keys: KeyProvider, place: Place, stored: unknown): Promise<Buffer> {
  const { kid, wdk, ...sealed } = members(stored, ['v', 'kid', 'wdk', 'iv', 'ct', 'tag']);
  if (typeof kid !== 'string') throw new EnvelopeUnreadableError();
  const box = decoded(sealed);
  const dataKey = await keys.unwrap({ kid, bytes: fromBase64(wdk) }, wrapContext(place));
  try {
    return open(dataKey, box, associatedData(place));
  } finally {
    dataKey.fill(0);
  }
}

/** The members of a stored envelope: exactly these, and a version we know. */
export function members<Name extends string>(stored: unknown, names: readonly Name[]): Readonly<Record<Name, unknown>> {
  if (typeof stored !== 'object' || stored === null || Array.isArray(stored)) throw new EnvelopeUnreadableError();
  const found = Object.keys(stored);
  if (found.length !== names.length || !names.every((name) => Object.hasOwn(stored, name)))
    throw new EnvelopeUnreadableError();
  const envelope = stored as Readonly<Record<Name | 'v', unknown>>;
  if (envelope.v !== ENVELOPE_VERSION) throw new EnvelopeUnreadableError();
  return envelope;
}

export function encoded({ iv, ct, tag }: SealedBox): { iv: string; ct: string; tag: string } {
  return { iv: iv.toString('base64'), ct: ct.toString('base64'), tag: tag.toString('base64') };
}

export function decoded({ iv, ct, tag }: Readonly<Record<keyof SealedBox, unknown>>): SealedBox {
  return { iv: fromBase64(iv), ct: fromBase64(ct), tag: fromBase64(tag) };
}

export function associatedData(place: Place): Buffer {
  return Buffer.from(canonicalJson({ v: ENVELOPE_VERSION, ...place }), 'utf8');
}

/** Differs from {@link associatedData}, so that a wrapped key is never taken for a payload or the other way round. */
export function wrapContext(place: Place): Buffer {
  return Buffer.from(`data-key ${canonicalJson({ v: ENVELOPE_VERSION, ...place })}`, 'utf8');
}
