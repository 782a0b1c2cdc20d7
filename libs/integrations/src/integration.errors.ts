import { AppError, type Evidence } from '@puente/kernel';
import type { z } from 'zod';

/** No provider of this name is in the catalogue. HTTP 404. */
export class ProviderNotFoundError extends AppError {
  readonly code = 'PROVIDER_NOT_FOUND';

  constructor(provider: string) {
    super(`There is no provider ${named(provider)}. GET /v1/inventory lists those there are.`);
  }
}

/** The provider has no operation of this name. HTTP 404. */
export class ProviderOperationNotFoundError extends AppError {
  readonly code = 'PROVIDER_OPERATION_NOT_FOUND';

  constructor(provider: string, operation: string) {
    super(`The provider ${provider} has no operation ${named(operation)}.`);
  }
}

/** What is wrong with which field, in the shape of a problem document's `errors`. Never the value. */
export interface FieldProblem {
  readonly path: string;
  readonly message: string;
}

/** The input does not fit the operation's schema. HTTP 422. */
export class InvalidInputError extends AppError {
  readonly code = 'INVALID_INPUT';

  constructor(
    provider: string,
    operation: string,
    readonly errors: readonly FieldProblem[],
  ) {
    super(
      `The input of ${provider}.${operation} does not fit: ${errors.map(({ path }) => path || '(input)').join(', ')}.`,
    );
  }
}

/** The provider cannot be called for want of credentials; nothing was sent. The code says what an administrator has to do. */
export class CredentialsUnavailableError extends AppError {
  readonly code: string;

  constructor({ code, message }: Evidence) {
    super(message ?? 'There are no usable credentials for this provider.');
    this.code = code ?? 'CREDENTIALS_MISSING';
  }
}

/** A read was to be recorded. Reads have no effect, need no row, and are called at once. */
export class ReadLeavesNoRowError extends AppError {
  readonly code = 'READ_LEAVES_NO_ROW';

  constructor(provider: string, operation: string) {
    super(`${provider}.${operation} is a read: call it, there is nothing to accept or to retry later.`);
  }
}

/** Two definitions collide, or one contradicts itself. Found at boot, before the first call. */
export class CatalogueInvalidError extends AppError {
  readonly code = 'CATALOGUE_INVALID';

  constructor(readonly problems: readonly string[]) {
    super(`The provider catalogue is not usable:\n  ${problems.join('\n  ')}`);
  }
}

/** zod's issues as paths and expectations, without any value of the input. */
export function fieldProblems(error: z.ZodError): FieldProblem[] {
  return error.issues.slice(0, 50).map((issue) => ({
    path: issue.path.map((step) => String(step).slice(0, 64)).join('.'),
    message:
      issue.code === 'unrecognized_keys'
        ? `unknown field(s): ${issue.keys.slice(0, 20).map(named).join(', ')}`
        : issue.message.slice(0, 300),
  }));
}

function named(text: string): string {
  return JSON.stringify(text.slice(0, 64));
}
