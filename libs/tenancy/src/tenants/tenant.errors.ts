import { AppError } from '@puente/kernel';

/** No such tenant. */
export class TenantNotFoundError extends AppError {
  readonly code = 'TENANT_NOT_FOUND';

  constructor(id: string) {
    super(`There is no tenant ${id}.`);
  }
}

/** The id that was asked for is taken. */
export class TenantExistsError extends AppError {
  readonly code = 'TENANT_EXISTS';

  constructor(id: string) {
    super(`There is a tenant ${id} already.`);
  }
}

/** The tenant is suspended: its keys are right, but nothing is done for it. */
export class TenantSuspendedError extends AppError {
  readonly code = 'TENANT_SUSPENDED';

  constructor(id: string) {
    super(`The tenant ${id} is suspended. An administrator of the platform can activate it.`);
  }
}

/** The change does not fit the tenant: it is deleted, or it is the platform's own. */
export class TenantStateConflictError extends AppError {
  readonly code = 'TENANT_STATE_CONFLICT';
}
