import { Injectable } from '@nestjs/common';
import { EncryptionKeyMissingError, EnvelopeUnreadableError } from './envelope.errors';
import { KeyProvider } from './key-provider.port';
import { TenantKeyDatabase } from './tenant-key-database';

/**
 * Tells what is damaged from what only this process cannot read: a key that came into use elsewhere while it ran. Ask
 * before anybody condemns a row for not opening.
 */
@Injectable()
export class MissingKeys {
  constructor(
    private readonly database: TenantKeyDatabase,
    private readonly keys: KeyProvider,
  ) {}

  /** The outcome of `opening` the stored envelope. @throws {EncryptionKeyMissingError} when the fault is ours */
  async named<T>(stored: unknown, opening: Promise<T>): Promise<T> {
    try {
      return await opening;
    } catch (error) {
      if (error instanceof EnvelopeUnreadableError) await this.refuseIfOurs(stored);
      throw error;
    }
  }

  /** @throws {EncryptionKeyMissingError} when the envelope lies under a key that others have and we do not */
  async refuseIfOurs(stored: unknown): Promise<void> {
    const kid = (stored as { readonly kid?: unknown } | null)?.kid;
    if (typeof kid !== 'string' || this.keys.kids.includes(kid)) return;
    if (await this.database.isInUse(kid)) throw new EncryptionKeyMissingError(kid);
  }
}
