import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { EnvelopeUnreadableError } from './envelope.errors';

export const KEY_BYTES = 32;
export const IV_BYTES = 12;
export const TAG_BYTES = 16;

/** AES-256-GCM with a random 96-bit IV: good for 2^32 messages under one key (NIST SP 800-38D §8.3). */
export interface SealedBox {
  readonly iv: Buffer;
  readonly ct: Buffer;
  readonly tag: Buffer;
}

export function seal(key: Buffer, plaintext: Buffer, associatedData: Buffer): SealedBox {
  const iv = freshIv();
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(associatedData);
  const ct = cipher.update(plaintext); // all of it: GCM holds nothing back for the end
  cipher.final();
  return { iv, ct, tag: cipher.getAuthTag() };
}

/** Asking the system for twelve bytes costs as much as asking it for four thousand. Each byte is used once. */
let ivs = Buffer.alloc(0);
function freshIv(): Buffer {
  if (ivs.length < IV_BYTES) ivs = randomBytes(IV_BYTES * 341);
  const iv = ivs.subarray(0, IV_BYTES);
  ivs = ivs.subarray(IV_BYTES);
  return iv;
}

/** `authTagLength` matters most here: without it Node accepts a tag of four bytes, which is guessed in an afternoon. */
export function open(key: Buffer, box: SealedBox, associatedData: Buffer): Buffer {
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, box.iv, { authTagLength: TAG_BYTES });
    decipher.setAAD(associatedData);
    decipher.setAuthTag(box.tag);
    const plaintext = decipher.update(box.ct);
    decipher.final(); // throws unless it is what was sealed
    return plaintext;
  } catch {
    throw new EnvelopeUnreadableError();
  }
}

/** One key per purpose out of one data key, so that a hash can never be a ciphertext's undoing (RFC 5869). */
export function deriveKey(dataKey: Buffer, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', dataKey, Buffer.alloc(0), `puente ${purpose} v1`, KEY_BYTES));
}

/** Base64 in its one canonical spelling; Node's own decoder skips what it does not like. */
export function fromBase64(text: unknown): Buffer {
  if (typeof text !== 'string') throw new EnvelopeUnreadableError();
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw new EnvelopeUnreadableError();
  return bytes;
}
