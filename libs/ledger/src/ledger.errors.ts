import { AppError } from '@puente/kernel';
import type { OperationState } from './operation';

/** The same key came with another request: the caller's bug, which a silent replay would hide. HTTP 422. */
export class IdempotencyKeyReusedError extends AppError {
  readonly code = 'IDEMPOTENCY_KEY_REUSED';

  constructor(
    readonly key: string,
    /** The first request's, where it made one. */
    readonly operationId?: string,
  ) {
    super(
      `Idempotency key ${JSON.stringify(key)} was used before with a different request. Use a new key for a new request.`,
    );
  }
}

/** The first request with this key is still being answered by another connection. HTTP 409; asking again is safe. */
export class IdempotencyInProgressError extends AppError {
  readonly code = 'IDEMPOTENCY_IN_PROGRESS';

  constructor(
    readonly key: string,
    readonly operationId: string,
  ) {
    super(
      `The first request with idempotency key ${JSON.stringify(key)} is still running. Repeat this one in a moment.`,
    );
  }
}

/** No such operation of this tenant; another tenant's looks the same. HTTP 404. */
export class OperationNotFoundError extends AppError {
  readonly code = 'OPERATION_NOT_FOUND';

  constructor(readonly operationId: string) {
    super(`Operation ${operationId} does not exist.`);
  }
}

/** So many requests wait for operations already that one more would take the room of others. HTTP 429. */
export class TooManyWaitsError extends AppError {
  readonly code = 'TOO_MANY_WAITS';

  constructor() {
    super('Too many requests wait for operations to be settled. Ask without waitMs, or again in a moment.');
  }
}

/** The operation is in a state in which this cannot be done to it. HTTP 409. */
export class IllegalTransitionError extends AppError {
  readonly code = 'OPERATION_STATE_CONFLICT';

  constructor(
    readonly operationId: string,
    readonly state: OperationState,
    reason: string,
  ) {
    super(`Operation ${operationId} is ${state}: ${reason}`);
  }
}

/** A payload does not open under the tenant's data key, or belongs elsewhere. */
export class PayloadUnreadableError extends AppError {
  readonly code = 'PAYLOAD_UNREADABLE';

  constructor(
    readonly operationId: string,
    column: 'input' | 'output',
    cause: unknown,
  ) {
    super(`The ${column} of operation ${operationId} cannot be decrypted.`, { cause });
  }
}

/** Retention took its content, so it cannot be done again. HTTP 410. */
export class PayloadExpiredError extends AppError {
  readonly code = 'PAYLOAD_EXPIRED';

  constructor(
    readonly operationId: string,
    at: Date,
  ) {
    super(
      `What operation ${operationId} was asked to do is not kept any more (since ${at.toISOString()}). Accept a new operation with the content.`,
    );
  }
}

/** No such replay of this tenant. HTTP 404. */
export class ReplayNotFoundError extends AppError {
  readonly code = 'REPLAY_NOT_FOUND';

  constructor(readonly replayId: string) {
    super(`Replay ${replayId} does not exist.`);
  }
}

/** The cursor is not one that a list answered with. HTTP 422. */
export class InvalidCursorError extends AppError {
  readonly code = 'CURSOR_INVALID';

  constructor() {
    super('The cursor is not one of ours: take it from the `next` of the page before, or leave it out.');
  }
}

/** A synchronous call has no place in a queue: begun now, it would overtake what waits before it. */
export class OrderedBeginError extends AppError {
  readonly code = 'OPERATION_IS_ORDERED';

  constructor(operationId: string) {
    super(`Operation ${operationId} has an order key and cannot be begun synchronously. Accept it instead.`);
  }
}
