import { AppError, type Deferral, type DeferredOutcome, type Failure } from '@puente/kernel';
import type { FieldProblem } from './problem';

/** The body, query or a header does not fit its schema. */
export class InvalidRequestError extends AppError {
  readonly code = 'INVALID_INPUT';

  constructor(readonly errors: readonly FieldProblem[]) {
    super(`The request does not fit its schema: ${errors.map(({ path }) => path || '(body)').join(', ')}.`);
  }
}

/** A request that is broken below the level of schemas: not JSON, too deep, a malformed header. */
export class BadRequestError extends AppError {
  constructor(
    readonly code: 'BODY_NOT_JSON' | 'BODY_TOO_DEEP' | 'IDEMPOTENCY_KEY_INVALID',
    message: string,
  ) {
    super(message);
  }
}

/** Nothing we have is what the client accepts. */
export class NotAcceptableError extends AppError {
  readonly code = 'NOT_ACCEPTABLE';

  constructor(offered: readonly string[]) {
    super(`This is served as ${offered.join(' or ')}; the Accept header takes neither.`);
  }
}

/** The key is valid, but not for this. */
export class ForbiddenError extends AppError {
  readonly code = 'FORBIDDEN';

  constructor(needed: readonly string[]) {
    super(`This needs an API key with one of these scopes: ${needed.join(', ')}.`);
  }
}

/** Too many wrong keys came from this address. Says nothing about the key that came now. */
export class TooManyFailuresError extends AppError {
  readonly code = 'TOO_MANY_FAILURES';

  /** @param retryAfterMs when the oldest failures are forgotten */
  constructor(readonly retryAfterMs: number) {
    super('Too many requests with a wrong API key came from this address. Wait, and check the key.');
  }
}

/** The key is for one end user's own things, and this route has none. */
export class UserScopeError extends AppError {
  readonly code = 'FORBIDDEN';

  constructor() {
    super('This API key is restricted to one end user, and this route does not know end users.');
  }
}

/** The key is for one end user's own things, and this is somebody else's. */
export class ForeignUserError extends AppError {
  readonly code = 'FORBIDDEN';

  constructor() {
    super('This API key is restricted to one end user, and this is about another one.');
  }
}

/** /metrics is for whoever has the token, or for this machine when there is none. */
export class MetricsForbiddenError extends AppError {
  readonly code = 'FORBIDDEN';

  constructor() {
    super('Metrics are read with METRICS_TOKEN as bearer token, or from this machine when no token is set.');
  }
}

/** A provider's answer, or the lack of one, as an error of our API. */
export class ProviderCallError extends AppError {
  constructor(
    readonly code: 'PROVIDER_REJECTED' | 'CREDENTIALS_REJECTED' | 'PROVIDER_FAILED',
    call: string,
    readonly failure: Failure,
    readonly operationId?: string,
  ) {
    super(`${call}: ${describe(failure)}`);
  }
}

/** A read that we did not make: the provider has had enough of us, or does not answer anybody. */
export class CallDeferredError extends AppError {
  readonly code = 'CALL_DEFERRED';
  readonly retryAfterMs: number;

  constructor(
    call: string,
    { deferred, retryAfterMs }: DeferredOutcome,
    readonly operationId?: string,
  ) {
    super(`${call} was not called: ${WHY_DEFERRED[deferred]}. Ask again after the time in Retry-After.`);
    this.retryAfterMs = retryAfterMs;
  }
}

const WHY_DEFERRED: Readonly<Record<Deferral, string>> = {
  lane: 'the provider does not answer at present, or told us to wait',
  quota: 'the quota of the provider is used up',
  bulkhead: 'as many calls as allowed are on their way already',
  budget: 'too many calls are being repeated',
};

function describe(failure: Failure): string {
  const said = [failure.code, failure.message].filter((part) => part !== undefined && part !== '').join(': ');
  const what =
    failure.kind === 'unknown' || failure.kind === 'not_sent' ? `${failure.kind} (${failure.cause})` : failure.kind;
  return said === '' ? what : `${what}, the provider said ${said}`;
}
