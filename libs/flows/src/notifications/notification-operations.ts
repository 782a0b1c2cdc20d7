import type { MessageAttributeValue } from '@aws-sdk/client-sqs';
import { Injectable } from '@nestjs/common';
import type { IdempotencyClaim, NewOperation } from '@puente/ledger';
import { Sns } from '@puente/providers/sns';
import { Sqs } from '@puente/providers/sqs';
import { deadLetterAttributes, NOTIFICATION_ATTRIBUTE, REASON_ATTRIBUTE, SOURCE_ATTRIBUTE } from '@puente/queue';
import { redriveMark } from './dead-letters/redrive-mark';
import type { HandlerFunction } from './handler-functions.port';
import type { Handler } from './handler-routing';
import type { NotificationContent } from './notification-content';
import type { ParsedMessage } from './parse-message';

/** Whose step the settlement registry calls when the operation is settled. */
export const SEND_SETTLED = 'notifications.sent';
export const PUBLISH_SETTLED = 'notifications.published';
export const REDRIVE_SETTLED = 'notifications.redriven';

export interface Step {
  readonly tenantId: string;
  readonly notificationId: string;
  readonly group: string;
  readonly traceId?: string | undefined;
}

export interface QueueAddress {
  readonly url: string;
  /** The tenant's sqs account. */
  readonly integration: string;
}

export interface Sending {
  readonly body: string;
  readonly md5: string;
  readonly idempotency?: IdempotencyClaim | undefined;
}

/** A letter that is sent back. */
export interface ReturnStep {
  readonly tenantId: string;
  readonly letterId: string;
  readonly group: string;
  /** Of a notification that came by REST: the message names it, as it did the first time. */
  readonly ownNotificationId: string | null;
}

/** The operations a notification consists of, ready to be accepted. Order inside a group is kept by their order keys. */
@Injectable()
export class NotificationOperations {
  constructor(
    private readonly sqs: Sqs,
    private readonly sns: Sns,
  ) {}

  /**
   * Into the tenant's queue, as a foreign producer would: group, MD5 as deduplication id, and our id as an attribute. A
   * lost answer is sent again even when the queue has forgotten the id: the inbox takes each notification over once.
   */
  send(step: Step, queue: QueueAddress, { body, md5, idempotency }: Sending): NewOperation {
    const input = {
      queueUrl: queue.url,
      body,
      groupId: step.group,
      deduplicationId: md5,
      attributes: { [NOTIFICATION_ATTRIBUTE]: { type: 'String', value: step.notificationId } },
    };
    return this.sqs.prepare('sendMessage', input, {
      tenantId: step.tenantId,
      integration: queue.integration,
      orderKey: `notifications:send:${step.group}`,
      onUnknown: 'resend',
      subscriber: SEND_SETTLED,
      idempotency,
      traceId: step.traceId,
    });
  }

  /** @throws {InvalidInputError} SNS would refuse it: a subject with a line break, a topic that is no ARN */
  publish(step: Step, { topic, subject, message }: ParsedMessage, handler: Handler): NewOperation {
    const topicArn = handler.topicArn ?? topic;
    const input = {
      topicArn,
      message,
      ...(subject === '' ? {} : { subject }),
      ...(topicArn.endsWith('.fifo') ? { groupId: step.group } : {}),
    };
    return this.sns.prepare('publish', input, {
      tenantId: step.tenantId,
      integration: handler.integration,
      orderKey: publishOrder(step),
      onUnknown: handler.onUnknown,
      subscriber: PUBLISH_SETTLED,
      traceId: step.traceId,
    });
  }

  /**
   * To a function in place of SNS: the body of the queue message exactly as it came, unknown fields included.
   *
   * @throws {InvalidInputError} Lambda would refuse it: too large
   */
  invoke(step: Step, body: string, target: HandlerFunction, { onUnknown }: Handler): NewOperation {
    return target.prepare(body, {
      tenantId: step.tenantId,
      orderKey: publishOrder(step),
      onUnknown,
      subscriber: PUBLISH_SETTLED,
      traceId: step.traceId,
    });
  }

  /** A copy for the dead-letter queue. Twice there is better than not at all, so a lost answer is sent again. */
  deadLetter(
    step: Step,
    queue: QueueAddress,
    letter: NotificationContent & { readonly messageId: string; readonly reason: string },
  ): NewOperation {
    const message = { id: letter.messageId, attributes: letter.attributes };
    const attributes = deadLetterAttributes({ message, reason: letter.reason }, step.notificationId);
    const input = {
      queueUrl: queue.url,
      body: letter.body,
      groupId: step.group,
      deduplicationId: letter.messageId,
      attributes: givenAll(attributes),
    };
    return this.sqs.prepare('sendMessage', input, {
      tenantId: step.tenantId,
      integration: queue.integration,
      onUnknown: 'resend',
    });
  }

  /**
   * A dead letter's message into the queue again: same bytes, group and attributes, without what we had added. Its
   * deduplication id is its own, since the queue may still know the first one's (S1.2), and the same for every try: a
   * lost answer is sent again, and the consumer takes a letter over once.
   *
   * @throws {InvalidInputError} the queue would refuse it
   */
  sendBack(
    step: ReturnStep,
    queue: QueueAddress,
    { body, attributes, priority }: NotificationContent & { readonly priority: number },
  ): NewOperation {
    const { [REASON_ATTRIBUTE]: _reason, [SOURCE_ATTRIBUTE]: _source, ...own } = attributes;
    const input = {
      queueUrl: queue.url,
      body,
      groupId: step.group,
      deduplicationId: redriveMark(step.letterId),
      attributes: givenAll({ ...own, ...(step.ownNotificationId === null ? {} : named(step.ownNotificationId)) }),
    };
    return this.sqs.prepare('sendMessage', input, {
      tenantId: step.tenantId,
      integration: queue.integration,
      orderKey: `notifications:redrive:${step.group}`,
      onUnknown: 'resend',
      subscriber: REDRIVE_SETTLED,
      priority,
    });
  }
}

function named(notificationId: string): NotificationContent['attributes'] {
  return { [NOTIFICATION_ATTRIBUTE]: { DataType: 'String', StringValue: notificationId } };
}

function givenAll(attributes: NotificationContent['attributes']) {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, given(value)]));
}

/** One order for a group, whether SNS or a function gets its messages. */
function publishOrder({ group }: Step): string {
  return `notifications:publish:${group}`;
}

function given({ DataType = 'String', StringValue, BinaryValue }: MessageAttributeValue) {
  return { type: DataType, value: StringValue ?? Buffer.from(BinaryValue ?? []).toString('base64') };
}
