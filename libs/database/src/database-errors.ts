import { AppError } from '@puente/kernel';

/** No connection could be had in time: PostgreSQL is down, refuses us, or the pool is exhausted. */
export class DatabaseUnavailableError extends AppError {
  readonly code = 'DATABASE_UNAVAILABLE';

  constructor(cause: unknown) {
    super('PostgreSQL does not answer. Nothing was changed; try again in a moment.', { cause });
  }
}

/** SQLSTATE of the trigger `refuse_deleted_tenant`. */
const TENANT_DELETED = '23T01';

/** Whether a row was refused because its tenant was deleted while the request was under way. */
export function isTenantDeleted(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === TENANT_DELETED;
}

/** A role's rights are wider than its task, so that row-level security would not protect tenants from one another. */
export class UnsafeRoleError extends AppError {
  readonly code = 'DATABASE_ROLE_UNSAFE';

  constructor(readonly problems: readonly string[]) {
    super(
      `Refusing to start on this database:\n  ${problems.join('\n  ')}\nThe roles are described by: puente migrate --bootstrap-sql`,
    );
  }
}

/** The schema is older or newer than this program. */
export class MigrationsPendingError extends AppError {
  readonly code = 'MIGRATIONS_PENDING';

  constructor(readonly pending: readonly string[]) {
    super(`The database lacks ${String(pending.length)} migration(s): ${pending.join(', ')}. Run: puente migrate`);
  }
}
