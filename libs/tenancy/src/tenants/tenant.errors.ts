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

/** Operations may have had an effect, and nobody knows whether they had. Deleting the tenant now would hide that for good. */
export class TenantUnfinishedError extends AppError {
  readonly code = 'TENANT_UNFINISHED';

  constructor(id: string, unfinished: readonly { readonly state: string; readonly count: number }[]) {
    const states = unfinished.map(({ state, count }) => `${String(count)} ${state}`).join(', ');
    const running = unfinished.some(({ state }) => state === 'running');
    const advice = running
      ? 'What runs ends within a minute or two, and a worker has to be there for it: try again then.'
      : 'Activate the tenant, let them be asked about or resolve them, and suspend it again; or delete it with force, which gives them up as dropped.';
    super(`The tenant ${id} has operations that may have had an effect and are not finished (${states}). ${advice}`);
  }
}

/** The change does not fit the tenant: it is deleted, or it is the platform's own. */
export class TenantStateConflictError extends AppError {
  readonly code = 'TENANT_STATE_CONFLICT';
}
