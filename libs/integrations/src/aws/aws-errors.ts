import type { Failure } from '@puente/kernel';
import { AppError } from '@puente/kernel';

/** Neither a key of the tenant's own nor a role we could assume. */
export class AwsCredentialsIncompleteError extends AppError {
  readonly code = 'AWS_CREDENTIALS_INCOMPLETE';

  constructor(missing: string) {
    super(`The AWS credentials are incomplete: ${missing}.`);
  }
}

/** The tenant's role could not be assumed, so the call itself never left: `failure` says so in the call's own terms. */
export class AwsRoleNotAssumedError extends AppError {
  readonly code = 'AWS_ROLE_NOT_ASSUMED';

  constructor(
    readonly failure: Failure,
    options?: { cause?: unknown },
  ) {
    super(`The role could not be assumed (${failure.code ?? failure.kind}).`, options);
  }
}

/** We refused the call ourselves because AWS would, or because its answer would be less clear. Nothing was sent. */
export class AwsCallRefusedError extends AppError {
  readonly code = 'AWS_CALL_REFUSED';

  constructor(
    readonly providerCode: string,
    message: string,
  ) {
    super(message);
  }
}

/** What answered went on longer than any answer of AWS. The connection was closed; what became of the call is unknown. */
export class AwsAnswerTooLargeError extends AppError {
  readonly code = 'AWS_ANSWER_TOO_LARGE';

  constructor(bytes: number) {
    super(`The answer is larger than ${String(bytes)} bytes.`);
  }
}

/** A batch of which nothing was done, or whose answer cannot be understood. */
export class AwsBatchFailedError extends AppError {
  readonly code = 'AWS_BATCH_FAILED';

  constructor(readonly failure: Failure) {
    super(`No entry of the batch was done (${failure.code ?? failure.kind}).`);
  }
}
