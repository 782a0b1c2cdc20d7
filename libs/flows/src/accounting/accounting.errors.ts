import { AppError } from '@puente/kernel';

/** There is no such entry, or it is another tenant's. HTTP 404. */
export class AccountingEntryNotFoundError extends AppError {
  readonly code = 'ACCOUNTING_ENTRY_NOT_FOUND';

  constructor(id: string) {
    super(`There is no accounting entry ${id}.`);
  }
}

/** Its key came before with other contents: posting it would be another entry for the same transaction. HTTP 409. */
export class AccountingKeyReusedError extends AppError {
  readonly code = 'ACCOUNTING_KEY_REUSED';

  constructor(readonly entryId: string) {
    super(`Entry ${entryId} has this key, with other contents. Nothing was posted; correct it in Odoo, or send another transaction.`); // prettier-ignore
  }
}

/** Somebody else saved routes meanwhile. HTTP 409. */
export class AccountingRoutesChangedError extends AppError {
  readonly code = 'ACCOUNTING_ROUTES_CHANGED';

  constructor(given: number, current: number) {
    super(`Version ${String(given)} was to be replaced, and version ${String(current)} is in force. Read it first.`);
  }
}

/** The installation has no accounting queue, or it is another tenant's. HTTP 409. */
export class AccountingQueueMissingError extends AppError {
  readonly code = 'ACCOUNTING_QUEUE_MISSING';

  constructor() {
    super('This tenant has no accounting queue: ACC_MOVE_SQS_URL and ACC_MOVE_TENANT_ID name one.');
  }
}
