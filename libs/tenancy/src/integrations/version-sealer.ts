import { Injectable } from '@nestjs/common';
import { Secret } from '@puente/kernel';
import { CredentialCipher, type CredentialPlace } from '../envelopes/credential-cipher';
import type { Envelope } from '../envelopes/envelope';
import { EnvelopeUnreadableError } from '../envelopes/envelope.errors';
import { type FieldFingerprints, Fingerprints } from '../envelopes/fingerprints';
import { MissingKeys } from '../envelopes/missing-keys';
import { TenancyLog } from '../tenancy.log';
import { CredentialsQuarantinedError } from '../vault/credential.errors';
import type { Fields } from '../vault/resolve-credentials';
import type { IntegrationRef } from './integration-ref';

export interface VersionId {
  readonly id: string;
  readonly version: number;
}

/** Seals the secrets of a version for its row, and opens them again. */
@Injectable()
export class VersionSealer {
  constructor(
    private readonly cipher: CredentialCipher,
    private readonly fingerprints: Fingerprints,
    private readonly missing: MissingKeys,
    private readonly log: TenancyLog,
  ) {}

  async seal(
    ref: IntegrationRef,
    version: VersionId,
    secrets: Secret<Fields>,
  ): Promise<{ readonly envelope: Envelope; readonly fingerprints: FieldFingerprints }> {
    return {
      envelope: await this.cipher.seal(placeOf(ref, version), secrets),
      fingerprints: await this.fingerprints.of(ref.tenantId, ref.provider, secrets),
    };
  }

  /**
   * @throws {CredentialsQuarantinedError} when it cannot be decrypted: nothing can be carried over from it
   * @throws {EncryptionKeyMissingError} when only this process cannot
   */
  async open(ref: IntegrationRef, version: VersionId, stored: unknown): Promise<Secret<Fields>> {
    try {
      return await this.missing.named(stored, this.cipher.open(placeOf(ref, version), stored));
    } catch (error) {
      if (!(error instanceof EnvelopeUnreadableError)) throw error;
      this.log.versionUnreadable(ref.tenantId, ref.provider, ref.name, version.version);
      throw new CredentialsQuarantinedError(ref.provider, ref.name);
    }
  }
}

function placeOf({ tenantId, provider }: IntegrationRef, { id, version }: VersionId): CredentialPlace {
  return { tenantId, provider, column: 'integration_versions.envelope', rowId: id, version };
}
