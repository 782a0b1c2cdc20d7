import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Secret } from '@puente/kernel';
import { canonicalJson } from './canonical-json';
import type { SecretFields } from './credential-cipher';
import { TenantDataKeys } from './tenant-data-keys';

/** Field → eight hexadecimal digits. */
export type FieldFingerprints = Readonly<Record<string, string>>;

/**
 * The first four bytes of a keyed hash per secret field: an administrator sees whether two stored secrets are the same
 * one, and nobody can test guesses against it. Keyed per tenant, so equal secrets of two tenants look different.
 */
@Injectable()
export class Fingerprints {
  constructor(private readonly keys: TenantDataKeys) {}

  async of(tenantId: string, provider: string, secrets: Secret<SecretFields>): Promise<FieldFingerprints> {
    const { fingerprint } = await this.keys.of(tenantId);
    return Object.fromEntries(
      Object.entries(secrets.reveal())
        .filter(([, value]) => value !== undefined)
        .map(([field, value]) => {
          const hash = createHmac('sha256', fingerprint).update(canonicalJson([provider, field, value]), 'utf8');
          return [field, hash.digest('hex').slice(0, 8)];
        }),
    );
  }
}
