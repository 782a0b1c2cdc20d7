import { AppError } from '@puente/kernel';

/** What is wrong with which field, in the shape of a problem document's `errors`. Never the value. */
export interface FieldProblem {
  /** Dotted path into what was sent: `secrets.accessKeyId`. */
  readonly path: string;
  readonly message: string;
}

/** Input that does not fit, found where the rule is known. The same code as a body that does not fit its schema. */
export class InvalidFieldsError extends AppError {
  readonly code = 'INVALID_INPUT';

  constructor(readonly errors: readonly FieldProblem[]) {
    super(`These fields do not fit: ${errors.map(({ path }) => path).join(', ')}.`);
  }
}
