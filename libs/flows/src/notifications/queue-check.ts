import { Injectable } from '@nestjs/common';
import { Sqs } from '@puente/providers/sqs';
import { NotificationQueueUnusableError } from './notifications.errors';
import type { QueueBindingBody } from './notifications.schemas';

/** Proves with the tenant's own credentials that both queues are there and are the tenant's to use. */
@Injectable()
export class QueueCheck {
  constructor(private readonly sqs: Sqs) {}

  /**
   * @throws {NotificationQueueUnusableError}
   * @throws {CredentialsUnavailableError} the tenant has none for sqs
   */
  async usable(tenantId: string, body: QueueBindingBody): Promise<void> {
    for (const field of ['queueUrl', 'deadLetterQueueUrl'] as const) {
      const input = { queueUrl: body[field], attributeNames: ['QueueArn', 'FifoQueue'] };
      const result = await this.sqs.call('getQueueAttributes', input, { tenantId, integration: body.integration });
      if (result.kind === 'done') continue;
      if (result.kind === 'pending')
        throw new NotificationQueueUnusableError(field, 'the queue did not answer in time');
      const { code, message } = result.failure;
      throw new NotificationQueueUnusableError(field, message ?? code ?? result.failure.kind);
    }
  }
}
