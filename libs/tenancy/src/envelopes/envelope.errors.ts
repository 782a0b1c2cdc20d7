import { AppError } from '@puente/kernel';

/**
 * A ciphertext did not open. One error for every reason (changed, truncated, moved to another place, wrong key, unknown
 * version), without cause or content: whoever tampers learns nothing from the difference.
 */
export class EnvelopeUnreadableError extends AppError {
  readonly code = 'ENVELOPE_UNREADABLE';

  constructor() {
    super(
      'An encrypted value cannot be opened: it was changed, moved, or encrypted under a key that is not in the ring.',
    );
  }
}

/** The key ring in the configuration is not usable. Names entries and variables, never their content. */
export class KeyRingInvalidError extends AppError {
  readonly code = 'KEY_RING_INVALID';
}

/**
 * Something was encrypted under a key that other processes have and this one does not. The row is sound; the process must
 * be started again with the whole key ring.
 */
export class EncryptionKeyMissingError extends AppError {
  readonly code = 'ENCRYPTION_KEY_MISSING';

  constructor(readonly kid: string) {
    super(`This process lacks the encryption key ${kid}. Add it to KEY_RING and start it again.`);
  }
}

/**
 * The key that this process encrypts under is retired: it may leave the rings of the others at any time, and what was
 * encrypted under it now would be lost then. At boot and, for a process that kept running with an old ring, at a write.
 */
export class EncryptionKeyRetiredError extends AppError {
  readonly code = 'ENCRYPTION_KEY_RETIRED';

  constructor(readonly kid: string) {
    super(
      `This process encrypts under the key ${kid}, which is retired. Put the newest key first in KEY_RING and start it again.`,
    );
  }
}

/** The key ring lacks a key that the database was encrypted under, or holds another key by the same name. */
export class KeyRingMismatchError extends AppError {
  readonly code = 'KEY_RING_MISMATCH';

  constructor(
    readonly missing: readonly string[],
    readonly wrong: readonly string[],
  ) {
    const problems = [
      ...missing.map((kid) => `key ${kid} is missing`),
      ...wrong.map((kid) => `key ${kid} is not the key that was used under this name`),
    ];
    super(
      `Refusing to start: the key ring does not fit the database. ${problems.join('; ')}. Put it back into KEY_RING; what lies under it says: puente keys check`,
    );
  }
}
