import type { AwsOperation, SandboxServices } from '@puente/integrations/testing';
import { awsOperation } from '@puente/integrations/testing';
import type { z } from 'zod';
import type { Queue } from './queue';
import {
  assertAttributes,
  assertQueueName,
  changedAttributes,
  defaultAttributes,
  isQueueAttribute,
} from './queue-attributes';
import type { QueueAttributes, MADE_ATTRIBUTES } from './queue-attributes';
import type { QueueDirectory } from './queue-directory';
import { badSqsParameter, invalidValue, queueDoesNotExist, sqsError } from './sqs-wire.errors';
import * as wire from './sqs-wire.schemas';

type Run<Input> = Parameters<typeof awsOperation<Input>>[0]['run'];

/** Binds a handler to the wire: schema of its input, and both directions of the Query protocol. */
export function sqsOperation<Input>(
  name: keyof typeof wire.QUERY_INPUT,
  input: z.ZodType<Input>,
  run: Run<Input>,
): AwsOperation {
  const queryOutput = wire.QUERY_OUTPUT[name] ?? {};
  return awsOperation({ input, queryInput: wire.QUERY_INPUT[name], queryOutput, badParameter: badSqsParameter, run });
}

/** What can be done with queues themselves. */
export function queueOperations(queues: QueueDirectory, services: SandboxServices): Record<string, AwsOperation> {
  const attributes = new QueueAttributeReader(queues, services);
  return {
    CreateQueue: sqsOperation('CreateQueue', wire.CreateQueue, async ({ principal, region, request }, input) => {
      const queue = await createQueue(queues, { account: principal.account, region, input });
      return { output: { QueueUrl: queue.url(request.host) } };
    }),
    DeleteQueue: sqsOperation('DeleteQueue', wire.OfQueue, async (_call, { QueueUrl }) => {
      await queues.remove(await queues.byUrl(QueueUrl));
      return { output: {} };
    }),
    GetQueueUrl: sqsOperation('GetQueueUrl', wire.GetQueueUrl, async ({ principal, request }, input) => {
      const queue = await queues.find(input.QueueOwnerAWSAccountId ?? principal.account, input.QueueName);
      if (!queue) throw queueDoesNotExist();
      return { output: { QueueUrl: queue.url(request.host) } };
    }),
    PurgeQueue: sqsOperation('PurgeQueue', wire.OfQueue, async (_call, { QueueUrl }) => {
      await purge(await queues.byUrl(QueueUrl), services, queues.offsetMs);
      return { output: {} };
    }),
    GetQueueAttributes: sqsOperation('GetQueueAttributes', wire.GetQueueAttributes, async (_call, input) => ({
      output: { Attributes: await attributes.read(await queues.byUrl(input.QueueUrl), input.AttributeNames) },
    })),
    SetQueueAttributes: sqsOperation('SetQueueAttributes', wire.SetQueueAttributes, async (_call, input) => {
      const queue = await queues.byUrl(input.QueueUrl);
      if ('FifoQueue' in input.Attributes) throw sqsError('InvalidAttributeName', 'Unknown Attribute FifoQueue.');
      assertAttributes(input.Attributes, queue.fifo);
      await assertDeadLetterQueue(queues, input.Attributes, queue.fifo);
      await queues.change(queue, { attributes: input.Attributes });
      return { output: {} };
    }),
    ...listOperations(queues),
    ...tagOperations(queues),
  };
}

async function createQueue(
  queues: QueueDirectory,
  request: { account: string; region: string; input: z.output<typeof wire.CreateQueue> },
): Promise<Queue> {
  const { QueueName: name, Attributes: asked, tags } = request.input;
  assertQueueName(name, asked);
  const fifo = asked.FifoQueue === 'true';
  assertAttributes(asked, fifo);
  await assertDeadLetterQueue(queues, asked, fifo);
  const attributes = changedAttributes(defaultAttributes(fifo), asked);
  const queue = await queues.create({ account: request.account, region: request.region, name, attributes, tags });
  const different = Object.entries(asked).find(([key, value]) => (queue.row.attributes[key] ?? '') !== value);
  if (different) {
    throw sqsError(
      'QueueNameExists',
      `A queue already exists with the same name and a different value for attribute ${different[0]}`,
    );
  }
  return queue;
}

async function assertDeadLetterQueue(
  queues: QueueDirectory,
  attributes: QueueAttributes,
  fifo: boolean,
): Promise<void> {
  const text = attributes.RedrivePolicy;
  if (!text) return;
  const { deadLetterTargetArn } = JSON.parse(text) as { deadLetterTargetArn: string };
  const target = await queues.byArn(deadLetterTargetArn);
  if (!target) throw invalidValue('RedrivePolicy', text, 'Dead letter target does not exist.');
  if (target.fifo !== fifo) {
    throw invalidValue('RedrivePolicy', text, 'Dead-letter queue must be same type of queue as the source.');
  }
}

async function purge(queue: Queue, services: SandboxServices, offsetMs: number): Promise<void> {
  const first = await services.database.query(
    `UPDATE sqs_queues SET purged_at = sandbox_now($2)
      WHERE id = $1 AND (purged_at IS NULL OR purged_at <= sandbox_now($2) - interval '60 seconds') RETURNING id`,
    [queue.id, offsetMs],
  );
  if (first.length === 0) {
    throw sqsError(
      'PurgeQueueInProgress',
      `Only one PurgeQueue operation on ${queue.row.name} is allowed every 60 seconds.`,
    );
  }
  await services.database.query('DELETE FROM sqs_messages WHERE queue_id = $1', [queue.id]);
}

class QueueAttributeReader {
  constructor(
    private readonly queues: QueueDirectory,
    private readonly services: SandboxServices,
  ) {}

  /** @returns `undefined` when nothing was asked for, as AWS leaves the member out. */
  async read(queue: Queue, names: readonly string[]): Promise<QueueAttributes | undefined> {
    const unknown = names.find((name) => name !== 'All' && !isQueueAttribute(name));
    if (unknown !== undefined) throw sqsError('InvalidAttributeName', `Unknown Attribute ${unknown}.`);
    if (names.length === 0) return undefined;
    const all: QueueAttributes = { ...(await this.made(queue)), ...queue.row.attributes };
    const wanted = names.includes('All') ? Object.keys(all) : names;
    return Object.fromEntries(wanted.flatMap((name) => (all[name] === undefined ? [] : [[name, all[name]]])));
  }

  private async made(queue: Queue): Promise<Record<(typeof MADE_ATTRIBUTES)[number], string>> {
    const rows = await this.services.database.query<{ visible: string; in_flight: string; delayed: string }>(
      `SELECT count(*) FILTER (WHERE visible_at <= sandbox_now($2)) AS visible,
              count(*) FILTER (WHERE visible_at > sandbox_now($2) AND receive_count > 0) AS in_flight,
              count(*) FILTER (WHERE visible_at > sandbox_now($2) AND receive_count = 0) AS delayed
         FROM sqs_messages WHERE queue_id = $1 AND sent_at > sandbox_now($2) - $3 * interval '1 second'`,
      [queue.id, this.queues.offsetMs, queue.number('MessageRetentionPeriod')],
    );
    return {
      QueueArn: queue.arn,
      ApproximateNumberOfMessages: rows[0]?.visible ?? '0',
      ApproximateNumberOfMessagesNotVisible: rows[0]?.in_flight ?? '0',
      ApproximateNumberOfMessagesDelayed: rows[0]?.delayed ?? '0',
      CreatedTimestamp: seconds(queue.row.created_at),
      LastModifiedTimestamp: seconds(queue.row.modified_at),
    };
  }
}

function seconds(time: Date): string {
  return String(Math.floor(time.getTime() / 1_000));
}

function listOperations(queues: QueueDirectory): Record<string, AwsOperation> {
  return {
    ListQueues: sqsOperation('ListQueues', wire.ListQueues, async ({ principal, request }, input) => {
      const limit = input.MaxResults ?? 1_000;
      if (limit < 1 || limit > 1_000) throw invalidValue('MaxResults', limit, 'Must be >= 1 and <= 1000, if provided.');
      const after = Buffer.from(input.NextToken ?? '', 'base64url').toString('utf8');
      const rows = await queues.list(principal.account, input.QueueNamePrefix, after, limit + 1);
      const page = rows.slice(0, limit);
      // Without MaxResults AWS answers with the first thousand and no token.
      const more = input.MaxResults !== undefined && rows.length > limit;
      const last = page.at(-1)?.name ?? '';
      return {
        output: {
          ...(page.length === 0
            ? {}
            : { QueueUrls: page.map((row) => `http://${request.host}/${row.account}/${row.name}`) }),
          ...(more ? { NextToken: Buffer.from(last).toString('base64url') } : {}),
        },
      };
    }),
    ListDeadLetterSourceQueues: sqsOperation(
      'ListDeadLetterSourceQueues',
      wire.OfQueue,
      async ({ request }, { QueueUrl }) => {
        const sources = await queues.sourcesOf(await queues.byUrl(QueueUrl));
        return { output: { queueUrls: sources.map((queue) => queue.url(request.host)) } };
      },
    ),
  };
}

function tagOperations(queues: QueueDirectory): Record<string, AwsOperation> {
  return {
    ListQueueTags: sqsOperation('ListQueueTags', wire.OfQueue, async (_call, { QueueUrl }) => {
      const { tags } = (await queues.byUrl(QueueUrl)).row;
      return { output: Object.keys(tags).length === 0 ? {} : { Tags: tags } };
    }),
    TagQueue: sqsOperation('TagQueue', wire.TagQueue, async (_call, input) => {
      const queue = await queues.byUrl(input.QueueUrl);
      await queues.change(queue, { tags: { ...queue.row.tags, ...input.Tags } });
      return { output: {} };
    }),
    UntagQueue: sqsOperation('UntagQueue', wire.UntagQueue, async (_call, input) => {
      const queue = await queues.byUrl(input.QueueUrl);
      const kept = Object.entries(queue.row.tags).filter(([key]) => !input.TagKeys.includes(key));
      await queues.change(queue, { tags: Object.fromEntries(kept) });
      return { output: {} };
    }),
  };
}
