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

const DATA_KEY_MEMBERS = ['v', 'kid', 'wdk'] as const;
const ENVELOPE_MEMBERS = [...DATA_KEY_MEMBERS, 'iv', 'ct', 'tag'] as const;

/** A data key as it is stored: within an {@link Envelope}, or alone where it serves for a whole tenant. */
export type WrappedDataKey = Pick<Envelope, 'v' | 'kid' | 'wdk'>;

/** Encrypts under a fresh data key, which is wrapped and then forgotten. */
export async function sealEnvelope(keys: KeyProvider, place: Place, plaintext: Buffer): Promise<Envelope> {
  const dataKey = randomBytes(KEY_BYTES);
  try {
    return {
      ...(await wrapDataKey(keys, place, dataKey)),
      ...encoded(seal(dataKey, plaintext, associatedData(place))),
    };
  } finally {
    dataKey.fill(0);
  }
}

/** @throws {EnvelopeUnreadableError} when it is not exactly what was sealed for this place */
export async function openEnvelope(keys: KeyProvider, place: Place, stored: unknown): Promise<Buffer> {
  const { kid, wdk, v: _, ...sealed } = members(stored, ENVELOPE_MEMBERS);
  const box = decoded(sealed);
  const dataKey = await unwrapped(keys, place, kid, wdk);
  try {
    return open(dataKey, box, associatedData(place));
  } finally {
    dataKey.fill(0);
  }
}

export async function wrapDataKey(keys: KeyProvider, place: Place, dataKey: Buffer): Promise<WrappedDataKey> {
  const { kid, bytes } = await keys.wrap(dataKey, wrapContext(place));
  return { v: ENVELOPE_VERSION, kid, wdk: bytes.toString('base64') };
}

/** The data key that {@link wrapDataKey} stored for this place. @throws {EnvelopeUnreadableError} */
export async function unwrapDataKey(keys: KeyProvider, place: Place, stored: unknown): Promise<Buffer> {
  const { kid, wdk } = members(stored, DATA_KEY_MEMBERS);
  return unwrapped(keys, place, kid, wdk);
}

/**
 * The same data key, wrapped under the active key. What it encrypts stays as it is and is not looked at: `iv`, `ct` and
 * `tag` are carried over.
 *
 * @throws {EnvelopeUnreadableError} when the data key does not open at this place
 */
export async function rewrap(keys: KeyProvider, place: Place, stored: unknown): Promise<WrappedDataKey> {
  const { content, dataKey } = await parted(keys, place, stored);
  try {
    return { ...content, ...(await wrapDataKey(keys, place, dataKey)) };
  } finally {
    dataKey.fill(0);
  }
}

/** Proves that a stored data key, alone or within an envelope, opens at its place. @throws {EnvelopeUnreadableError} */
export async function proveDataKey(keys: KeyProvider, place: Place, stored: unknown): Promise<void> {
  (await parted(keys, place, stored)).dataKey.fill(0);
}

async function parted(
  keys: KeyProvider,
  place: Place,
  stored: unknown,
): Promise<{ readonly content: object; readonly dataKey: Buffer }> {
  const isEnvelope = typeof stored === 'object' && stored !== null && 'ct' in stored;
  const { kid, wdk, ...content } = members(stored, isEnvelope ? ENVELOPE_MEMBERS : DATA_KEY_MEMBERS);
  return { content, dataKey: await unwrapped(keys, place, kid, wdk) };
}

async function unwrapped(keys: KeyProvider, place: Place, kid: unknown, wdk: unknown): Promise<Buffer> {
  if (typeof kid !== 'string') throw new EnvelopeUnreadableError();
  return keys.unwrap({ kid, bytes: fromBase64(wdk) }, wrapContext(place));
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
