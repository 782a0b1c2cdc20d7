import { AppError, type Failure } from '@puente/kernel';
import type { CallResult } from './call-result';

/** Which call failed, and how. The provider's own code is data: `422`, `card_declined`, `ThrottlingException`. */
export interface FailedCall {
  readonly service: string;
  readonly operation: string;
  readonly failure: Failure['kind'];
  /** The provider's own code. */
  readonly providerCode?: string | undefined;
  readonly status?: number | undefined;
  readonly retryAfterMs?: number | undefined;
  readonly operationId?: string | undefined;
}

/**
 * A call that did not succeed, for callers that want an exception instead of a value (S4.6). `call.failure` says what it
 * means for whoever decides next:
 *
 * - `not_sent`, `throttled`: nothing happened; try again.   - `unauthorized`: the tenant must fix the credentials.
 * - `rejected`: the provider said no; do not.               - `unknown`: it may have happened; ask before anything else.
 */
export class ExternalServiceException extends AppError {
  readonly code = 'EXTERNAL_SERVICE_FAILED';
  readonly operationId: string | undefined;

  constructor(
    readonly call: FailedCall,
    options?: { cause?: unknown },
  ) {
    const { service, operation, failure, providerCode } = call;
    super(`${service}.${operation}: ${failure} (${providerCode ?? 'no code'})`, options);
    this.operationId = call.operationId;
  }
}

/**
 * The output, or an exception. A call that still goes on in the ledger counts as `unknown`: it may have happened.
 *
 * @throws {ExternalServiceException}
 */
export function outputOrThrow<T>(service: string, operation: string, result: CallResult<T>): T {
  if (result.kind === 'done') return result.output;
  const { operationId } = result;
  if (result.kind === 'pending')
    throw new ExternalServiceException({ service, operation, failure: 'unknown', operationId });
  const { kind: failure, code: providerCode, status } = result.failure;
  const retryAfterMs = result.failure.kind === 'throttled' ? result.failure.retryAfterMs : undefined;
  throw new ExternalServiceException({ service, operation, failure, providerCode, status, retryAfterMs, operationId });
}
