import { AppError } from '@puente/kernel';

/** One answer to every key that does not open: absent, malformed, unknown, wrong, expired or revoked. */
export class UnauthenticatedError extends AppError {
  readonly code = 'UNAUTHENTICATED';

  constructor() {
    super('This needs a valid API key: Authorization: Bearer pnt_…');
  }
}

/** No such key of this tenant; another tenant's looks the same. */
export class ApiKeyNotFoundError extends AppError {
  readonly code = 'API_KEY_NOT_FOUND';

  constructor(id: string) {
    super(`There is no API key ${id}.`);
  }
}
