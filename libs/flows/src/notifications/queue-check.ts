import { Injectable } from '@nestjs/common';
import { Sqs } from '@puente/providers/sqs';
import { NotificationQueueUnusableError } from './notifications.errors';
import type { QueueBindingBody } from './notifications.schemas';
import { findingsOf, QueueFacts, type QueueField, type QueueFinding, type Wishes } from './queue-findings';

/** Two queues as AWS describes them. */
export interface CheckedQueues {
  /** A queue has several addresses (other names of the host, other ports) and one ARN: that tells whether it is taken. */
  readonly arns: Readonly<Record<QueueField, string>>;
  readonly findings: readonly QueueFinding[];
}

/** Proves with the tenant's own credentials that both queues are there, and looks whether they are what they should be. */
@Injectable()
export class QueueCheck {
  constructor(private readonly sqs: Sqs) {}

  /**
   * @throws {NotificationQueueUnusableError}
   * @throws {CredentialsUnavailableError} the tenant has none for sqs
   */
  async check(tenantId: string, body: QueueBindingBody, wishes: Wishes = {}): Promise<CheckedQueues> {
    const queueUrl = await this.factsOf(tenantId, body, 'queueUrl');
    const deadLetterQueueUrl = await this.factsOf(tenantId, body, 'deadLetterQueueUrl');
    if (queueUrl.QueueArn === deadLetterQueueUrl.QueueArn)
      throw new NotificationQueueUnusableError('deadLetterQueueUrl', 'it is the queue itself');
    return {
      arns: { queueUrl: queueUrl.QueueArn, deadLetterQueueUrl: deadLetterQueueUrl.QueueArn },
      findings: findingsOf({ queueUrl, deadLetterQueueUrl }, wishes),
    };
  }

  private async factsOf(tenantId: string, body: QueueBindingBody, field: QueueField): Promise<QueueFacts> {
    const input = { queueUrl: body[field], attributeNames: ['All'] };
    const result = await this.sqs.call('getQueueAttributes', input, { tenantId, integration: body.integration });
    if (result.kind === 'pending') throw new NotificationQueueUnusableError(field, 'the queue did not answer in time');
    if (result.kind !== 'done') {
      const { code, message, kind } = result.failure;
      throw new NotificationQueueUnusableError(field, message ?? code ?? kind);
    }
    const facts = QueueFacts.safeParse(result.output.attributes);
    if (!facts.success) throw new NotificationQueueUnusableError(field, 'the queue did not tell its ARN');
    return facts.data;
  }
}
