import { createHmac, type KeyObject, sign } from 'node:crypto';
import { type SignatureKind, signingKey } from './signing-secret';

/** A secret with the time from which on it signs no more. */
export interface DatedSecret {
  /** `whsec_…` or `whsk_…`. */
  readonly secret: string;
  /** ISO time; left out: for ever. */
  readonly expiresAt?: string | undefined;
}

interface DatedKey {
  readonly kind: SignatureKind;
  readonly key: KeyObject;
  readonly untilMs: number;
}

/**
 * Signs as Standard Webhooks says: over `{id}.{timestamp}.{body}`, once with every key that is still valid, so that a
 * receiver with any of them verifies. The keys are made once, for the life of a credential version.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export class WebhookSigner {
  private readonly keys: readonly DatedKey[];

  /** @throws {SigningSecretInvalidError} */
  constructor(secrets: readonly DatedSecret[]) {
    this.keys = secrets.map(({ secret, expiresAt }) => ({
      ...signingKey(secret),
      untilMs: expiresAt === undefined ? Number.POSITIVE_INFINITY : Date.parse(expiresAt),
    }));
  }

  /**
   * @param body the very bytes that are sent
   * @returns the value of `webhook-signature`: `v1,<base64>`, several with a space between
   */
  sign(id: string, timestamp: number, body: Buffer, nowMs = timestamp * 1_000): string {
    const head = `${id}.${String(timestamp)}.`;
    let signatures = '';
    for (const { kind, key, untilMs } of this.keys) {
      if (untilMs <= nowMs) continue;
      const signature = kind === 'v1' ? hmac(key, head, body) : sign(null, message(head, body), key).toString('base64');
      signatures += `${signatures === '' ? '' : ' '}${kind},${signature}`;
    }
    return signatures;
  }
}

function hmac(key: KeyObject, head: string, body: Buffer): string {
  return createHmac('sha256', key).update(head).update(body).digest('base64');
}

/** ed25519 reads its message twice, so it wants it whole. */
function message(head: string, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from(head), body]);
}
