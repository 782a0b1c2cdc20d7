import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { EnvelopeUnreadableError, KeyRingInvalidError } from './envelope.errors';
import { KeyProvider, type WrappedKey } from './key-provider.port';
import { IV_BYTES, KEY_BYTES, open, seal, TAG_BYTES } from './sealed-box';

const ENTRY = /^([a-z0-9][a-z0-9._-]{0,31}):([A-Za-z0-9+/]{43}=)$/;

export interface KeyRingSource {
  /** `KEY_RING`: entries `kid:base64(32 bytes)`, comma separated. */
  readonly inline?: string | undefined;
  /** `KEY_RING_FILE`: the same, one a line; lines that begin with # are comments. */
  readonly file?: string | undefined;
}

/** Key-encryption keys from the configuration. The first one encrypts, all of them decrypt. */
export class KeyRing extends KeyProvider {
  readonly activeKid: string;
  readonly kids: readonly string[];
  readonly #keys: ReadonlyMap<string, Buffer>;
  readonly #active: Buffer;

  private constructor(active: readonly [kid: string, key: Buffer], keys: ReadonlyMap<string, Buffer>) {
    super();
    [this.activeKid, this.#active] = active;
    this.#keys = keys;
    this.kids = [...keys.keys()];
  }

  /** @throws {KeyRingInvalidError} when there is no key: there is no mode without encryption */
  static load(source: KeyRingSource): KeyRing {
    if (source.inline !== undefined && source.file !== undefined)
      throw new KeyRingInvalidError('KEY_RING and KEY_RING_FILE are both set. Set one of them.');
    if (source.inline !== undefined) return KeyRing.parse('KEY_RING', source.inline.split(','));
    if (source.file !== undefined) return KeyRing.parse('KEY_RING_FILE', linesOf('KEY_RING_FILE', source.file));
    throw new KeyRingInvalidError(
      'No encryption key: set KEY_RING or KEY_RING_FILE. A key is made with: puente keys generate',
    );
  }

  /** Another copy than the one the configuration names, in the form of KEY_RING_FILE. @throws {KeyRingInvalidError} */
  static read(file: string): KeyRing {
    return KeyRing.parse(file, linesOf(file, file));
  }

  /** A new entry for a ring, a secret like all of them: `kid:base64`. @throws {KeyRingInvalidError} */
  static newEntry(kid: string): string {
    const entry = `${kid}:${randomBytes(KEY_BYTES).toString('base64')}`;
    parseEntry('The new key', entry);
    return entry;
  }

  private static parse(variable: string, entries: readonly string[]): KeyRing {
    const keys = new Map<string, Buffer>();
    for (const [at, entry] of entries.map((text) => text.trim()).entries()) {
      if (entry === '' || entry.startsWith('#')) continue;
      const [kid, key] = parseEntry(`${variable}, entry ${String(at + 1)}`, entry);
      if (keys.has(kid)) throw new KeyRingInvalidError(`${variable}: key ${kid} is there twice.`);
      if ([...keys.values()].some((other) => other.equals(key)))
        throw new KeyRingInvalidError(`${variable}: key ${kid} has the same bytes as another one.`);
      keys.set(kid, key);
    }
    const [active] = keys;
    if (!active) throw new KeyRingInvalidError(`${variable} holds no key.`);
    return new KeyRing(active, keys);
  }

  async wrap(dataKey: Buffer, context: Buffer): Promise<WrappedKey> {
    const { iv, ct, tag } = seal(this.#active, dataKey, context);
    return { kid: this.activeKid, bytes: Buffer.concat([iv, ct, tag]) };
  }

  async unwrap({ kid, bytes }: WrappedKey, context: Buffer): Promise<Buffer> {
    const key = this.#keys.get(kid);
    if (!key || bytes.length !== IV_BYTES + KEY_BYTES + TAG_BYTES) throw new EnvelopeUnreadableError();
    const box = {
      iv: bytes.subarray(0, IV_BYTES),
      ct: bytes.subarray(IV_BYTES, IV_BYTES + KEY_BYTES),
      tag: bytes.subarray(IV_BYTES + KEY_BYTES),
    };
    return open(key, box, context);
  }
}

function parseEntry(place: string, entry: string): [kid: string, key: Buffer] {
  const [, kid, base64] = ENTRY.exec(entry) ?? [];
  const key = Buffer.from(base64 ?? '', 'base64');
  if (kid === undefined || key.length !== KEY_BYTES || key.toString('base64') !== base64) {
    throw new KeyRingInvalidError(
      `${place}: expected kid:base64 of 32 bytes, the kid being up to 32 lower-case letters, digits, dots, - or _.`,
    );
  }
  if (key.every((byte) => byte === key[0]))
    throw new KeyRingInvalidError(`${place}: this is a placeholder, not a key. Make one with: puente keys generate`);
  return [kid, key];
}

function linesOf(name: string, file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new KeyRingInvalidError(`${name} cannot be read (${code ?? 'unknown reason'}).`);
  }
}
