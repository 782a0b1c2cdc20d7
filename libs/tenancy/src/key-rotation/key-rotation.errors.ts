import { AppError } from '@puente/kernel';

/** The first key of the ring is not one to re-wrap everything under. Says why, and what to do first. */
export class KeyRotationRefusedError extends AppError {
  readonly code = 'KEY_ROTATION_REFUSED';
}

/** Something still lies under the key, so it cannot be retired. */
export class EncryptionKeyInUseError extends AppError {
  readonly code = 'ENCRYPTION_KEY_IN_USE';

  constructor(
    readonly kid: string,
    readonly rows: number,
  ) {
    super(`${String(rows)} data keys are wrapped under ${kid}. Re-wrap them first: puente keys rotate`);
  }
}

/** No process has ever encrypted under a key of this name. */
export class EncryptionKeyUnknownError extends AppError {
  readonly code = 'ENCRYPTION_KEY_UNKNOWN';

  constructor(readonly kid: string) {
    super(`No key named ${kid} was ever in use here. See: puente keys check`);
  }
}
