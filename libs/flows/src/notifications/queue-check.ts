import { Injectable } from '@nestjs/common';
import { Sqs } from '@puente/providers/sqs';
import { z } from 'zod';
import { NotificationQueueUnusableError } from './notifications.errors';
import type { QueueBindingBody } from './notifications.schemas';

type Field = 'queueUrl' | 'deadLetterQueueUrl';

const ASKED = ['QueueArn', 'RedrivePolicy', 'KmsMasterKeyId', 'SqsManagedSseEnabled'];

const Attributes = z.object({
  attributes: z.object({
    QueueArn: z.string().min(1),
    RedrivePolicy: z.string().optional(),
    KmsMasterKeyId: z.string().optional(),
    SqsManagedSseEnabled: z.string().optional(),
  }),
});
type QueueAttributes = z.output<typeof Attributes>['attributes'];

const Redrive = z.object({ deadLetterTargetArn: z.string() });

export interface CheckedQueue {
  /** A queue has several addresses (other names of the host, other ports) and one ARN: that tells whether it is taken. */
  readonly arn: string;
  /** What its owner should mend, although it works without. */
  readonly warnings: readonly string[];
}

/** Proves with the tenant's own credentials that both queues are there and are the tenant's to use. */
@Injectable()
export class QueueCheck {
  constructor(private readonly sqs: Sqs) {}

  /**
   * @throws {NotificationQueueUnusableError}
   * @throws {CredentialsUnavailableError} the tenant has none for sqs
   */
  async check(tenantId: string, body: QueueBindingBody): Promise<CheckedQueue> {
    const queue = await this.attributesOf(tenantId, body, 'queueUrl');
    const deadLetters = await this.attributesOf(tenantId, body, 'deadLetterQueueUrl');
    if (queue.QueueArn === deadLetters.QueueArn)
      throw new NotificationQueueUnusableError('deadLetterQueueUrl', 'it is the queue itself');
    return { arn: queue.QueueArn, warnings: warningsOf(queue, deadLetters) };
  }

  private async attributesOf(tenantId: string, body: QueueBindingBody, field: Field): Promise<QueueAttributes> {
    const input = { queueUrl: body[field], attributeNames: ASKED };
    const result = await this.sqs.call('getQueueAttributes', input, { tenantId, integration: body.integration });
    if (result.kind === 'pending') throw new NotificationQueueUnusableError(field, 'the queue did not answer in time');
    if (result.kind !== 'done') {
      const { code, message, kind } = result.failure;
      throw new NotificationQueueUnusableError(field, message ?? code ?? kind);
    }
    const answer = Attributes.safeParse(result.output);
    if (!answer.success) throw new NotificationQueueUnusableError(field, 'the queue did not tell its ARN');
    return answer.data.attributes;
  }
}

function warningsOf(queue: QueueAttributes, deadLetters: QueueAttributes): string[] {
  const warnings: string[] = [];
  if (redriveTarget(queue.RedrivePolicy) !== deadLetters.QueueArn)
    warnings.push(
      'queueUrl has no RedrivePolicy to deadLetterQueueUrl: set one with maxReceiveCount 5, or a message that kills its consumer comes back for ever.',
    );
  for (const [field, { KmsMasterKeyId, SqsManagedSseEnabled }] of Object.entries({
    queueUrl: queue,
    deadLetterQueueUrl: deadLetters,
  }))
    if (KmsMasterKeyId === undefined && SqsManagedSseEnabled !== 'true')
      warnings.push(`${field} is not encrypted at rest: set SqsManagedSseEnabled.`);
  return warnings;
}

function redriveTarget(policy: string | undefined): string | undefined {
  if (policy === undefined) return undefined;
  try {
    return Redrive.safeParse(JSON.parse(policy)).data?.deadLetterTargetArn;
  } catch {
    return undefined; // AWS only stores JSON; whatever else this is, it redrives nothing
  }
}
