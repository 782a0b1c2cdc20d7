import {
  createHash,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { AppError } from '@puente/kernel';

/**
 * The two signatures of Standard Webhooks. `v1`: HMAC-SHA256, both sides know the secret. `v1a`: ed25519, the receiver
 * only knows the public key.
 */
export const SIGNATURE_KINDS = ['v1', 'v1a'] as const;
export type SignatureKind = (typeof SIGNATURE_KINDS)[number];

const SECRET_PREFIX = { v1: 'whsec_', v1a: 'whsk_' } as const;
const PUBLIC_PREFIX = 'whpk_';

/** Of a `v1` secret. The specification's own limits. */
export const SECRET_BYTES = { min: 24, max: 64 } as const;
const NEW_SECRET_BYTES = 32;

/** A seed; or, as libsodium and Svix write it, the seed followed by the public key. */
const SEED_BYTES = 32;
const KEY_PAIR_BYTES = 64;

/** What Node wants around a seed and a public key: they are the last 32 bytes of these structures (RFC 8410). */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

export class SigningSecretInvalidError extends AppError {
  readonly code = 'SIGNING_SECRET_INVALID';
}

/** What a secret signs, which its prefix says; undefined when it is none. */
export function signatureKindOf(secret: string): SignatureKind | undefined {
  return SIGNATURE_KINDS.find((kind) => secret.startsWith(SECRET_PREFIX[kind]));
}

/** @returns what is wrong with a secret, in words that quote nothing of it; undefined when it can be used */
export function secretProblem(secret: string): string | undefined {
  const kind = signatureKindOf(secret);
  if (!kind) return 'expected whsec_ (HMAC-SHA256) or whsk_ (ed25519), and base64';
  const bytes = base64(secret.slice(SECRET_PREFIX[kind].length));
  if (!bytes) return `expected base64 after ${SECRET_PREFIX[kind]}`;
  return kind === 'v1' ? lengthProblem(bytes.length) : keyProblem(bytes);
}

function lengthProblem(bytes: number): string | undefined {
  if (bytes >= SECRET_BYTES.min && bytes <= SECRET_BYTES.max) return undefined;
  const which = bytes < SECRET_BYTES.min ? 'too short' : 'too long';
  return `is ${which}: expected ${String(SECRET_BYTES.min)} to ${String(SECRET_BYTES.max)} bytes, got ${String(bytes)}`;
}

function keyProblem(bytes: Buffer): string | undefined {
  if (bytes.length !== SEED_BYTES && bytes.length !== KEY_PAIR_BYTES) {
    return `expected an ed25519 seed of 32 bytes, or seed and public key in 64, got ${String(bytes.length)} bytes`;
  }
  if (bytes.length === SEED_BYTES) return undefined;
  const fits = publicBytes(privateKeyOf(bytes)).equals(bytes.subarray(SEED_BYTES));
  return fits ? undefined : 'its second half is not the public key of its first';
}

/** A new one, from the system's randomness. */
export function newSigningSecret(kind: SignatureKind): string {
  if (kind === 'v1') return SECRET_PREFIX.v1 + randomBytes(NEW_SECRET_BYTES).toString('base64');
  const { privateKey } = generateKeyPairSync('ed25519');
  const der = privateKey.export({ format: 'der', type: 'pkcs8' });
  return SECRET_PREFIX.v1a + der.subarray(-SEED_BYTES).toString('base64');
}

/** @throws {SigningSecretInvalidError} */
export function signingKey(secret: string): { readonly kind: SignatureKind; readonly key: KeyObject } {
  const problem = secretProblem(secret);
  const kind = signatureKindOf(secret);
  if (problem !== undefined || !kind)
    throw new SigningSecretInvalidError(`The signing secret ${problem ?? 'is none'}.`);
  const bytes = Buffer.from(secret.slice(SECRET_PREFIX[kind].length), 'base64');
  return { kind, key: kind === 'v1' ? createSecretKey(bytes) : privateKeyOf(bytes) };
}

/** What the receiver of a `v1a` signature verifies with: `whpk_…`. @throws {SigningSecretInvalidError} */
export function publicKeyOf(secret: string): string {
  return PUBLIC_PREFIX + publicBytes(asymmetric(secret)).toString('base64');
}

/** The same as a JSON Web Key (RFC 8037); its id is its thumbprint (RFC 7638). @throws {SigningSecretInvalidError} */
export function publicJwkOf(secret: string): JsonWebKey & { readonly kid: string } {
  const x = publicBytes(asymmetric(secret)).toString('base64url');
  const thumbprint = JSON.stringify({ crv: 'Ed25519', kty: 'OKP', x });
  const kid = createHash('sha256').update(thumbprint).digest('base64url');
  return { kty: 'OKP', crv: 'Ed25519', x, kid, alg: 'EdDSA', use: 'sig' };
}

function asymmetric(secret: string): KeyObject {
  const { kind, key } = signingKey(secret);
  if (kind === 'v1a') return key;
  throw new SigningSecretInvalidError('The signing secret is shared with its receiver: there is no public key of it.');
}

function privateKeyOf(bytes: Buffer): KeyObject {
  const key = Buffer.concat([PKCS8_HEAD, bytes.subarray(0, SEED_BYTES)]);
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}

function publicBytes(privateKey: KeyObject): Buffer {
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-SEED_BYTES);
}

/** Strict: Node's own decoder skips what it does not know, and two texts would be one secret. */
function base64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length > 0 && bytes.toString('base64') === text ? bytes : undefined;
}
