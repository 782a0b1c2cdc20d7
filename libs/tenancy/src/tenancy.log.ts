import { Injectable, Logger } from '@nestjs/common';

/** Every line that tenancy writes. Names and ids; never a credential, a key or a ciphertext. */
@Injectable()
export class TenancyLog {
  private readonly log = new Logger('Tenancy');

  versionUnreadable(tenantId: string, provider: string, integration: string, version: number): void {
    this.log.error(
      { event: 'integration.version_unreadable', tenantId, provider, integration, version },
      'A version of the credentials cannot be decrypted',
    );
  }

  encryptionKeyDue(kid: string, days: number): void {
    this.log.warn(
      { event: 'encryption_key.due', kid, days },
      `The encryption key ${kid} has been in use for ${String(days)} days: rotate it (puente keys rotate)`,
    );
  }

  mendedFailed(tenantId: string, provider: string, integration: string, error: unknown): void {
    this.log.error(
      { event: 'integration.resume_failed', tenantId, provider, integration, ...told(error) },
      'The credentials are active, but paused calls were not resumed: verify the integration again',
    );
  }

  /** Every event is told at the same level: how urgent one is, its type says. */
  operatorEvent(tenantId: string, type: string, subject: string, data: object): void {
    this.log.warn({ ...data, event: type, tenantId, subject }, `Operators are told: ${type} (${subject})`);
  }

  lastUseFailed(keyId: string, error: unknown): void {
    this.log.warn({ event: 'api_key.last_use_failed', keyId, ...told(error) }, 'The last use of a key was not noted');
  }

  auditFailed(tenantId: string, action: string, error: unknown): void {
    this.log.error(
      { event: 'audit.denied_not_recorded', tenantId, action, ...told(error) },
      'A refused attempt could not be written to the audit trail',
    );
  }
}

/** The name and code of an error; its message may quote a statement or a parameter. */
function told(error: unknown): { error: string; code?: string } {
  if (!(error instanceof Error)) return { error: typeof error };
  const { code } = error as { code?: unknown };
  return { error: error.name, ...(typeof code === 'string' ? { code } : {}) };
}
