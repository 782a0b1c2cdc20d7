/** An exception of Odoo's own code: it rolls back and is answered by its name. */
export class OdooException extends Error {
  constructor(
    /** `odoo.exceptions.UserError`. */
    readonly exception: string,
    message: string,
  ) {
    super(message);
  }
}

export const userError = (message: string): OdooException => new OdooException('odoo.exceptions.UserError', message);

export const accessError = (message: string): OdooException =>
  new OdooException('odoo.exceptions.AccessError', message);

export const validationError = (message: string): OdooException =>
  new OdooException('odoo.exceptions.ValidationError', message);

export const missingError = (message: string): OdooException =>
  new OdooException('odoo.exceptions.MissingError', message);

export const valueError = (message: string): OdooException => new OdooException('builtins.ValueError', message);

export const typeError = (message: string): OdooException => new OdooException('builtins.TypeError', message);

/** What JSON-2 answers an exception with; by name, whoever raised it. */
export function statusOf(exception: string): number {
  const name = exception.slice(exception.lastIndexOf('.') + 1);
  return STATUSES[name] ?? 500;
}

const STATUSES: Readonly<Record<string, number>> = {
  AccessDenied: 401,
  Unauthorized: 401,
  AccessError: 403,
  MissingError: 404,
  NotFound: 404,
  LockError: 409,
  UserError: 422,
  ValidationError: 422,
  TypeError: 422,
  UnprocessableEntity: 422,
};

/** The module of the classes that are not of `odoo.exceptions`, for faults that are ordered by their short names. */
export function fullName(name: string): string {
  if (name.includes('.')) return name;
  if (/^(?:OperationalError|InterfaceError)$/.test(name)) return `psycopg2.${name}`;
  if (/^(?:SerializationFailure|LockNotAvailable|DeadlockDetected)$/.test(name)) return `psycopg2.errors.${name}`;
  if (/^(?:Type|Value|Attribute|Key|Index)Error$/.test(name)) return `builtins.${name}`;
  return name === 'NotFound' ? 'werkzeug.exceptions.NotFound' : `odoo.exceptions.${name}`;
}
