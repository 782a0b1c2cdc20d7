import { AppError } from '@puente/kernel';
import { FUNCTION_IDS, type FunctionId, FUNCTIONS } from './known-functions';

/** No function is called so. HTTP 404. */
export class FunctionNotFoundError extends AppError {
  readonly code = 'FUNCTION_NOT_FOUND';

  constructor(given: string) {
    super(`There is no function ${JSON.stringify(given.slice(0, 64))}. There are ${FUNCTION_IDS.join(', ')}.`);
  }
}

/** Neither the tenant nor the installation says what the function is called at AWS. HTTP 409. */
export class FunctionNameMissingError extends AppError {
  readonly code = 'FUNCTION_NAME_MISSING';

  constructor(readonly functionId: FunctionId) {
    super(
      `The function ${functionId} has no name. An administrator gives it one with PUT /v1/functions/${functionId}, ` +
        `or the operator for all tenants with ${FUNCTIONS[functionId].variable}.`,
    );
  }
}

/** The tenant gave the function no name of its own that could be removed. HTTP 404. */
export class FunctionNameNotFoundError extends AppError {
  readonly code = 'FUNCTION_NAME_NOT_FOUND';

  constructor(readonly functionId: FunctionId) {
    super(`The function ${functionId} has no name of this tenant's own.`);
  }
}
