import { AppError } from '@puente/kernel';

/** No such endpoint of this tenant; another tenant's looks the same. HTTP 404. */
export class WebhookEndpointNotFoundError extends AppError {
  readonly code = 'WEBHOOK_ENDPOINT_NOT_FOUND';

  constructor(readonly endpointId: string) {
    super(`Webhook endpoint ${endpointId} does not exist.`);
  }
}

/** HTTP 404. */
export class WebhookEventNotFoundError extends AppError {
  readonly code = 'WEBHOOK_EVENT_NOT_FOUND';

  constructor(readonly eventId: string) {
    super(`Event ${eventId} does not exist.`);
  }
}

/** HTTP 404. */
export class WebhookDeliveryNotFoundError extends AppError {
  readonly code = 'WEBHOOK_DELIVERY_NOT_FOUND';

  constructor(readonly deliveryId: string) {
    super(`Delivery ${deliveryId} does not exist.`);
  }
}

/** Secrets were rotated so often that those of earlier rotations still fill the list. HTTP 409. */
export class SigningSecretsFullError extends AppError {
  readonly code = 'SIGNING_SECRETS_FULL';

  constructor(
    readonly endpointId: string,
    readonly most: number,
  ) {
    super(
      `Webhook endpoint ${endpointId} would sign with more than ${String(most)} secrets. Wait until an overlap is over (signingKeys say when), or rotate with overlapSeconds 0, which ends them all now.`,
    );
  }
}

/** Nothing is sent to a disabled endpoint. HTTP 409. */
export class WebhookEndpointDisabledError extends AppError {
  readonly code = 'WEBHOOK_ENDPOINT_DISABLED';

  constructor(readonly endpointId: string) {
    super(`Webhook endpoint ${endpointId} is disabled. Enable it with PATCH {"enabled": true}.`);
  }
}

/** It is on its way, so it needs no replay. HTTP 409. */
export class WebhookDeliveryLiveError extends AppError {
  readonly code = 'WEBHOOK_DELIVERY_LIVE';

  constructor(readonly deliveryId: string) {
    super(
      `Delivery ${deliveryId} is on its way. Wait for what comes of it, or make it due with its operation's retry.`,
    );
  }
}

/** Receivers believe that such an event is Puente's own. HTTP 422. */
export class EventTypeReservedError extends AppError {
  readonly code = 'EVENT_TYPE_RESERVED';

  constructor(readonly type: string) {
    super(
      `${type} is a type of Puente's own: nobody else publishes operation.*, endpoint.* and delivery.*. Choose another first part.`,
    );
  }
}

/** The payload is larger than an event may be. HTTP 413. */
export class EventTooLargeError extends AppError {
  readonly code = 'EVENT_TOO_LARGE';

  constructor(
    readonly bytes: number,
    readonly most: number,
  ) {
    super(`The payload takes ${String(bytes)} bytes as JSON and may take ${String(most)}.`);
  }
}

/** Size times endpoints is more than one event may put into the ledger. HTTP 422. */
export class EventFanOutTooLargeError extends AppError {
  readonly code = 'EVENT_FAN_OUT_TOO_LARGE';

  constructor(
    readonly bytes: number,
    readonly endpoints: number,
  ) {
    super(
      `The event takes ${String(bytes)} bytes and goes to ${String(endpoints)} endpoints, more than 64 MiB in all. Send less, for instance an id that receivers look up.`,
    );
  }
}

/** The publisher's id came before with another event. HTTP 422. */
export class EventIdReusedError extends AppError {
  readonly code = 'EVENT_ID_REUSED';

  constructor(
    readonly eventId: string,
    readonly id: string,
  ) {
    super(`The event id ${JSON.stringify(eventId)} was used before with another type, payload, key or user: ${id}.`);
  }
}

/** Retention has taken the payload, so there is nothing to send. HTTP 410. */
export class EventPayloadExpiredError extends AppError {
  readonly code = 'EVENT_PAYLOAD_EXPIRED';

  constructor(readonly eventId: string) {
    super(`The payload of event ${eventId} is no longer kept.`);
  }
}

/** The installation has no queue of customer notifications, or it is another tenant's. HTTP 409. */
export class CustomerQueueMissingError extends AppError {
  readonly code = 'CUSTOMER_QUEUE_MISSING';

  constructor() {
    super('There is no queue of customer notifications for this tenant (CUSTOMER_NOTIFICATION_SQS_URL).');
  }
}
