import { AppError } from '@puente/kernel';

/** No such dead letter of this tenant; another tenant's looks the same. HTTP 404. */
export class DeadLetterNotFoundError extends AppError {
  readonly code = 'DEAD_LETTER_NOT_FOUND';

  constructor(readonly letterId: string) {
    super(`Dead letter ${letterId} does not exist.`);
  }
}

/** It was sent back before, or its notification was published in another way. HTTP 409. */
export class DeadLetterNotWaitingError extends AppError {
  readonly code = 'DEAD_LETTER_NOT_WAITING';

  constructor(
    readonly letterId: string,
    state: string,
  ) {
    super(`Dead letter ${letterId} does not wait for a redrive: it is ${state}.`);
  }
}

/** What is kept of its message cannot be sent. HTTP 422. */
export class DeadLetterUnsendableError extends AppError {
  readonly code = 'DEAD_LETTER_UNSENDABLE';

  constructor(
    readonly letterId: string,
    reason: string,
  ) {
    super(`Dead letter ${letterId} cannot be sent back: ${reason}.`);
  }
}

/** One redrive at a time; this one is not over. HTTP 409. */
export class RedriveRunningError extends AppError {
  readonly code = 'REDRIVE_RUNNING';

  constructor(readonly redriveId: string) {
    super(`Redrive ${redriveId} is not over yet: wait for it, or cancel it first.`);
  }
}

/** No such redrive of this tenant. HTTP 404. */
export class RedriveNotFoundError extends AppError {
  readonly code = 'REDRIVE_NOT_FOUND';

  constructor(readonly redriveId: string) {
    super(`Redrive ${redriveId} does not exist.`);
  }
}

/** It has ended already. HTTP 409. */
export class RedriveEndedError extends AppError {
  readonly code = 'REDRIVE_ENDED';

  constructor(
    readonly redriveId: string,
    state: string,
  ) {
    super(`Redrive ${redriveId} cannot be cancelled: it is ${state}.`);
  }
}

/** No worker reads the tenant's queue: its credentials are missing or refused. A redrive waits until they are mended. */
export class QueueNotReadError extends AppError {
  readonly code = 'QUEUE_NOT_READ';

  constructor() {
    super("The tenant's queue is not being read: see whether its sqs credentials are in place.");
  }
}
