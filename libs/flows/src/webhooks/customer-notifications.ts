import { Inject, Injectable } from '@nestjs/common';
import { uuidv7 } from '@puente/kernel';
import { OperationLedger } from '@puente/ledger';
import { Sqs } from '@puente/providers/sqs';
import { ATTEMPT_TYPE, type CustomerNotificationBody } from './customer-notification';
import { isReserved } from './event-types';
import { CustomerQueueMissingError, EventTypeReservedError } from './webhooks.errors';

export const CUSTOMER_QUEUE = Symbol('CUSTOMER_QUEUE');

/** The queue of `CUSTOMER_NOTIFICATION_SQS_URL`, and whose it is; undefined when the installation has none. */
export interface CustomerQueue {
  readonly tenantId: string;
  readonly queueUrl: string;
  readonly deadLetterUrl: string;
}

/** Writes into the queue of S0.5 what its producers always wrote there. */
@Injectable()
export class CustomerNotifications {
  constructor(
    private readonly ledger: OperationLedger,
    private readonly sqs: Sqs,
    @Inject(CUSTOMER_QUEUE) private readonly queue: CustomerQueue | undefined,
  ) {}

  /** @returns the send's operation @throws {EventTypeReservedError} {@link CustomerQueueMissingError} {@link IdempotencyKeyReusedError} */
  async send(tenantId: string, given: CustomerNotificationBody, idempotencyKey?: string): Promise<string> {
    if (isReserved(given.type)) throw new EventTypeReservedError(given.type);
    if (this.queue?.tenantId !== tenantId) throw new CustomerQueueMissingError();
    const { type, userId, transactionId, amount, accountNumber } = given;
    const text = (value: string) => ({ type: 'String', value });
    const input = {
      queueUrl: this.queue.queueUrl,
      body: JSON.stringify({ transaction_id: transactionId, amount, account_number: accountNumber }),
      attributes: { type: text(type), user_id: text(userId), attempt_type: text(ATTEMPT_TYPE) },
      ...(this.queue.queueUrl.endsWith('.fifo') ? { groupId: userId, deduplicationId: uuidv7() } : {}),
    };
    const claim = { route: 'POST /v1/customer-notifications', key: idempotencyKey ?? '', request: { ...given } };
    const idempotency = idempotencyKey === undefined ? undefined : claim;
    const options = { tenantId, onUnknown: 'resend', idempotency } as const;
    return (await this.ledger.acceptGrouped(this.sqs.prepare('sendMessage', input, options))).operationId;
  }
}
