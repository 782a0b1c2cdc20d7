import { Injectable } from '@nestjs/common';
import type { CallResult } from '@puente/integrations';
import { Sqs } from '@puente/providers/sqs';
import { NotificationQueueUnusableError } from './notifications.errors';
import { QueueCheck } from './queue-check';
import {
  LONGEST_RETENTION_S,
  type QueueField,
  type QueueFinding,
  redrivePolicyTo,
  VISIBILITY_S,
} from './queue-findings';

export interface QueueOrder {
  /** Without `.fifo`: the dead-letter queue is named after it, `{name}-dead.fifo`. */
  readonly name: string;
  /** The tenant's sqs account that creates them and will read them. */
  readonly integration: string;
  /** A key of KMS to encrypt with; keys of SQS's own otherwise. */
  readonly kmsKeyId?: string | undefined;
  /** Mend what an existing queue has otherwise. */
  readonly repair?: boolean | undefined;
}

export interface QueuesMade extends Readonly<Record<QueueField, string>> {
  /** The others were there already. */
  readonly created: readonly QueueField[];
  readonly repaired: readonly QueueField[];
  /** As they are now. */
  readonly findings: readonly QueueFinding[];
}

/** Goes into the names of both queues; SQS takes 80 characters with what is added. */
export const QUEUE_NAME = /^[\w-]{1,70}$/;

/**
 * Makes a tenant's notification queue and its dead-letter queue, with the tenant's own credentials. Safe to repeat: what
 * is there stays as it is, and what differs from what it should be is named, or mended when that is asked for.
 */
@Injectable()
export class QueueSetup {
  constructor(
    private readonly sqs: Sqs,
    private readonly check: QueueCheck,
  ) {}

  /**
   * @throws {NotificationQueueUnusableError} SQS refused, with what it said
   * @throws {CredentialsUnavailableError} the tenant has none for sqs
   */
  async create(tenantId: string, order: QueueOrder): Promise<QueuesMade> {
    const caller = { tenantId, integration: order.integration };
    const encryption =
      order.kmsKeyId === undefined ? { SqsManagedSseEnabled: 'true' as const } : { KmsMasterKeyId: order.kmsKeyId };
    const dead = await this.ensure(caller, 'deadLetterQueueUrl', `${order.name}-dead.fifo`, () =>
      Promise.resolve({ ...encryption, MessageRetentionPeriod: String(LONGEST_RETENTION_S) }),
    );
    const queue = await this.ensure(caller, 'queueUrl', `${order.name}.fifo`, async () => ({
      ...encryption,
      VisibilityTimeout: String(VISIBILITY_S),
      ...redrivePolicyTo(await this.arnOf(caller, 'deadLetterQueueUrl', dead.url)),
    }));
    const made = { queueUrl: queue.url, deadLetterQueueUrl: dead.url };
    const created = [
      ...(queue.created ? (['queueUrl'] as const) : []),
      ...(dead.created ? (['deadLetterQueueUrl'] as const) : []),
    ];
    const look = async () =>
      (await this.check.check(tenantId, { ...made, integration: order.integration }, order)).findings;
    const findings = await look();
    const repaired = order.repair ? await this.repair(caller, made, findings) : [];
    return { ...made, created, repaired, findings: repaired.length > 0 ? await look() : findings };
  }

  private async ensure(
    caller: Caller,
    field: QueueField,
    queueName: string,
    attributes: () => Promise<Readonly<Record<string, string>>>,
  ): Promise<{ readonly url: string; readonly created: boolean }> {
    const found = await this.sqs.call('getQueueUrl', { queueName }, caller);
    if (found.kind === 'done') return { url: found.output.queueUrl, created: false };
    if (found.kind !== 'rejected' || found.failure.code !== 'QueueDoesNotExist') outputOf(field, found);
    const made = await this.sqs.call('createQueue', { queueName, attributes: await attributes() }, caller);
    return { url: outputOf(field, made).queueUrl, created: true };
  }

  private async arnOf(caller: Caller, field: QueueField, queueUrl: string): Promise<string> {
    const answer = await this.sqs.call('getQueueAttributes', { queueUrl, attributeNames: ['QueueArn'] }, caller);
    return outputOf(field, answer).attributes.QueueArn ?? '';
  }

  private async repair(
    caller: Caller,
    queues: Readonly<Record<QueueField, string>>,
    findings: readonly QueueFinding[],
  ): Promise<QueueField[]> {
    const repaired: QueueField[] = [];
    for (const field of ['deadLetterQueueUrl', 'queueUrl'] as const) {
      const wrong = findings.filter(({ about, ok, mend }) => about === field && !ok && mend !== undefined);
      if (wrong.length === 0) continue;
      const attributes = Object.assign({}, ...wrong.map(({ mend }) => mend)) as Record<string, string>;
      outputOf(field, await this.sqs.call('setQueueAttributes', { queueUrl: queues[field], attributes }, caller));
      repaired.push(field);
    }
    return repaired;
  }
}

interface Caller {
  readonly tenantId: string;
  readonly integration: string;
}

/** @throws {NotificationQueueUnusableError} */
function outputOf<T>(field: QueueField, result: CallResult<T>): T {
  if (result.kind === 'done') return result.output;
  if (result.kind === 'pending') throw new NotificationQueueUnusableError(field, 'SQS did not answer in time');
  const { code, message, kind } = result.failure;
  throw new NotificationQueueUnusableError(field, [code ?? kind, message].filter(Boolean).join(': '));
}
