import { Injectable } from '@nestjs/common';
import { Secret } from '@puente/kernel';
import { type Envelope, openEnvelope, type Place, sealEnvelope } from './envelope';
import { EnvelopeUnreadableError } from './envelope.errors';
import { KeyProvider } from './key-provider.port';

export type SecretFields = Readonly<Record<string, unknown>>;

export interface CredentialPlace {
  readonly tenantId: string;
  readonly provider: string;
  readonly column: 'tenant_integrations.credentials' | 'integration_versions.envelope';
  readonly rowId: string;
  readonly version: number;
}

/** Encrypts the secret fields of one integration: a data key per row, bound to tenant, provider, row, column, version. */
@Injectable()
export class CredentialCipher {
  constructor(private readonly keys: KeyProvider) {}

  seal(place: CredentialPlace, secrets: Secret<SecretFields>): Promise<Envelope> {
    return sealEnvelope(this.keys, credentialPlace(place), Buffer.from(JSON.stringify(secrets.reveal()), 'utf8'));
  }

  /** @throws {EnvelopeUnreadableError} */
  async open(place: CredentialPlace, stored: unknown): Promise<Secret<SecretFields>> {
    const plaintext = await openEnvelope(this.keys, credentialPlace(place), stored);
    const parsed: unknown = JSON.parse(plaintext.toString('utf8'));
    plaintext.fill(0);
    if (typeof parsed !== 'object' || parsed === null) throw new EnvelopeUnreadableError();
    return new Secret(parsed as SecretFields);
  }
}

/** What is bound into the ciphertext of credentials. */
export function credentialPlace({ tenantId, provider, column, rowId, version }: CredentialPlace): Place {
  return { kind: 'credentials', tenant: tenantId, provider, column, row: rowId, version };
}
