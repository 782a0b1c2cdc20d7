import {
  newSigningSecret,
  publicJwkOf,
  publicKeyOf,
  type SignatureKind,
  signatureKindOf,
} from '@puente/providers/webhooks';

/** A signing secret as the endpoint's credentials hold it. */
export interface SigningSecret {
  /** Its beginning says of which kind it is. */
  readonly secret: string;
  /** ISO; left out: until it is rotated. */
  readonly expiresAt?: string;
}

/** What may be known of one: `kid` and `x` are of an ed25519 key (RFC 8037). */
export interface SigningKey {
  readonly kind: SignatureKind;
  readonly expiresAt?: string;
  readonly kid?: string;
  readonly x?: string;
}

/** What its owner is shown, once: the shared secret, or the public key. The private key of `v1a` never leaves. */
export interface ShownSecret {
  readonly kind: SignatureKind;
  /** `whsec_…`, of `v1`. */
  readonly secret: string | null;
  /** `whpk_…`, of `v1a`. */
  readonly publicKey: string | null;
}

export function newSecrets(kinds: readonly SignatureKind[], given?: string): SigningSecret[] {
  return kinds.map((kind) => ({ secret: kind === 'v1' && given !== undefined ? given : newSigningSecret(kind) }));
}

/**
 * New secrets for old ones of the same kinds. The old ones sign beside them until the overlap ends; a secret that ends
 * earlier by an earlier rotation still does.
 */
export function rotated(
  before: readonly SigningSecret[],
  { now, overlapMs, given }: { readonly now: Date; readonly overlapMs: number; readonly given?: string | undefined },
): { readonly all: SigningSecret[]; readonly fresh: SigningSecret[] } {
  const end = new Date(now.getTime() + overlapMs).toISOString();
  const kinds = [...new Set(before.map(({ secret }) => kindOf(secret)))];
  const fresh = newSecrets(kinds, given);
  const known = new Set(fresh.map(({ secret }) => secret));
  const old = before
    .filter(({ secret }) => !known.has(secret))
    .map((secret) => ({ ...secret, expiresAt: earlier(secret.expiresAt, end) }));
  return { all: unexpired([...fresh, ...(overlapMs > 0 ? old : [])], now), fresh };
}

export function unexpired(secrets: readonly SigningSecret[], now: Date): SigningSecret[] {
  return secrets.filter(({ expiresAt }) => expiresAt === undefined || Date.parse(expiresAt) > now.getTime());
}

export function keysOf(secrets: readonly SigningSecret[]): SigningKey[] {
  return secrets.map(({ secret, expiresAt }) => {
    const kind = kindOf(secret);
    const end = expiresAt === undefined ? {} : { expiresAt };
    if (kind === 'v1') return { kind, ...end };
    const { kid, x = '' } = publicJwkOf(secret);
    return { kind, ...end, kid, x };
  });
}

export function shown(secrets: readonly SigningSecret[]): ShownSecret[] {
  return secrets.map(({ secret }) =>
    kindOf(secret) === 'v1'
      ? { kind: 'v1', secret, publicKey: null }
      : { kind: 'v1a', secret: null, publicKey: publicKeyOf(secret) },
  );
}

/** When the next of them has to be removed. */
export function nextExpiry(keys: readonly SigningKey[]): string | null {
  return keys.flatMap(({ expiresAt }) => expiresAt ?? []).sort()[0] ?? null;
}

function earlier(one: string | undefined, other: string): string {
  return one !== undefined && Date.parse(one) < Date.parse(other) ? one : other;
}

/** Only what was checked when it was saved comes here. */
function kindOf(secret: string): SignatureKind {
  return signatureKindOf(secret) ?? 'v1';
}
