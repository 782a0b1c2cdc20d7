import { Injectable } from '@nestjs/common';
import { Sqs } from '@puente/providers/sqs';
import { z } from 'zod';
import { NotificationQueueUnusableError } from './notifications.errors';
import type { QueueBindingBody } from './notifications.schemas';

type Field = 'queueUrl' | 'deadLetterQueueUrl';

const Attributes = z.object({ attributes: z.object({ QueueArn: z.string().min(1) }) });

/** Proves with the tenant's own credentials that both queues are there and are the tenant's to use. */
@Injectable()
export class QueueCheck {
  constructor(private readonly sqs: Sqs) {}

  /**
   * The queue's ARN. A queue has several addresses (other names of the host, other ports) and one ARN, so that is what
   * tells whether it is taken.
   *
   * @throws {NotificationQueueUnusableError}
   * @throws {CredentialsUnavailableError} the tenant has none for sqs
   */
  async arnOfUsable(tenantId: string, body: QueueBindingBody): Promise<string> {
    const arn = await this.arnOf(tenantId, body, 'queueUrl');
    if (arn === (await this.arnOf(tenantId, body, 'deadLetterQueueUrl')))
      throw new NotificationQueueUnusableError('deadLetterQueueUrl', 'it is the queue itself');
    return arn;
  }

  private async arnOf(tenantId: string, body: QueueBindingBody, field: Field): Promise<string> {
    const input = { queueUrl: body[field], attributeNames: ['QueueArn'] };
    const result = await this.sqs.call('getQueueAttributes', input, { tenantId, integration: body.integration });
    if (result.kind === 'pending') throw new NotificationQueueUnusableError(field, 'the queue did not answer in time');
    if (result.kind !== 'done') {
      const { code, message, kind } = result.failure;
      throw new NotificationQueueUnusableError(field, message ?? code ?? kind);
    }
    const answer = Attributes.safeParse(result.output);
    if (!answer.success) throw new NotificationQueueUnusableError(field, 'the queue did not tell its ARN');
    return answer.data.attributes.QueueArn;
  }
}
