import { AppError } from '@puente/kernel';

/** What was asked for cannot be made. Nothing has been written. */
export class InvalidOptionsError extends AppError {
  readonly code = 'INVALID_OPTIONS';
}
