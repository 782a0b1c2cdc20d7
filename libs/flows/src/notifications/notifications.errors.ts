import { AppError } from '@puente/kernel';

/** The tenant has no notification queue yet. HTTP 409. */
export class NotificationQueueMissingError extends AppError {
  readonly code = 'NOTIFICATION_QUEUE_MISSING';

  constructor() {
    super('No notification queue is bound. An administrator binds one with PUT /v1/notifications/queue.');
  }
}

/** The queue belongs to another tenant or to the platform. HTTP 409. */
export class NotificationQueueTakenError extends AppError {
  readonly code = 'NOTIFICATION_QUEUE_TAKEN';

  constructor() {
    super('This queue cannot be bound: its address identifies one tenant, and it is in use or reserved.');
  }
}

/** The tenant's credentials do not reach the queue, or it is not what a notification queue must be. HTTP 422. */
export class NotificationQueueUnusableError extends AppError {
  readonly code = 'NOTIFICATION_QUEUE_UNUSABLE';

  constructor(
    readonly field: 'queueUrl' | 'deadLetterQueueUrl',
    reason: string,
  ) {
    super(`${field} cannot be used: ${reason}`);
  }
}

/** HTTP 404. */
export class NotificationQueueNotFoundError extends AppError {
  readonly code = 'NOTIFICATION_QUEUE_NOT_FOUND';

  constructor() {
    super('No notification queue is bound.');
  }
}

/** HTTP 404. */
export class NotificationHandlerNotFoundError extends AppError {
  readonly code = 'NOTIFICATION_HANDLER_NOT_FOUND';

  constructor(readonly kind: string) {
    super(`No handler is registered for ${JSON.stringify(kind)}.`);
  }
}

/** The handler names a function that cannot be invoked for this tenant. HTTP 422. */
export class NotificationHandlerUnusableError extends AppError {
  readonly code = 'NOTIFICATION_HANDLER_UNUSABLE';

  constructor(reason: string) {
    super(`function cannot be used: ${reason}`);
  }
}

/** No such notification of this tenant; another tenant's looks the same. HTTP 404. */
export class NotificationNotFoundError extends AppError {
  readonly code = 'NOTIFICATION_NOT_FOUND';

  constructor(readonly notificationId: string) {
    super(`Notification ${notificationId} does not exist.`);
  }
}

/** HTTP 422. */
export class NotificationTooLargeError extends AppError {
  readonly code = 'NOTIFICATION_TOO_LARGE';

  constructor(
    readonly bytes: number,
    readonly most: number,
  ) {
    super(
      `The notification takes ${String(bytes)} bytes in the queue and may take ${String(most)}. Characters outside ASCII count 6 or 12 each.`,
    );
  }
}
