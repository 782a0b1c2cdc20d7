import {
  AwsBatchEntryId,
  AwsBatchFailure,
  awsBatchProblems,
  AwsConfig,
  AwsSecrets,
  AwsToken,
  awsMessageAttributes,
  utf8Text,
} from '@puente/integrations';
import { z } from 'zod';

export const SqsSecrets = AwsSecrets;

/** `https://sqs.us-east-1.amazonaws.com/123456789012/orders.fifo`. A name, never an address: see the client. */
const QueueUrl = z
  .url({ protocol: /^https?$/ })
  .max(2_048)
  .refine((url) => URL.canParse(url) && /\/[\w-]{1,80}(\.fifo)?$/.test(new URL(url).pathname), {
    error: 'expected a URL that ends with the name of a queue',
  })
  .meta({ examples: ['https://sqs.us-east-1.amazonaws.com/123456789012/orders.fifo'] });

export const SqsConfig = AwsConfig.extend({
  probeQueueUrl: QueueUrl.optional().meta({
    description: 'Queue whose attributes prove the credentials. Without it they are proven by listing queues.',
  }),
});

export type SqsConfig = z.output<typeof SqsConfig>;

/** Counted over body and attributes of all messages of a request. */
const MAX_BYTES = 1_048_576;

/**
 * Everything XML 1.0 calls a character; SQS refuses the rest (`InvalidMessageContents`).
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
const MessageBody = utf8Text(MAX_BYTES)
  .regex(/^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u, 'contains a character SQS does not take')
  .meta({ examples: ['{"order":4711}'] });

const message = {
  body: MessageBody,
  attributes: awsMessageAttributes(10).optional(),
  groupId: AwsToken.optional().meta({ description: 'Order is kept inside a group. FIFO queues demand it.' }),
  deduplicationId: AwsToken.optional().meta({
    description: 'FIFO queues take a second message with the same id within 5 minutes for the first. Ours when absent.',
  }),
  delaySeconds: z.int().min(0).max(900).optional().meta({ description: 'Standard queues only.' }),
};

type Message = z.output<z.ZodObject<typeof message>>;

/** The queue's kind is in its name: only FIFO queues end with `.fifo`, and all of them do. Also asked about what is no URL. */
export function isFifo(queueUrl: string): boolean {
  return URL.canParse(queueUrl) && new URL(queueUrl).pathname.endsWith('.fifo');
}

/** What the kind of queue demands of each message, said before the message is accepted rather than by AWS after it. */
function kindProblem(queueUrl: string, { groupId, deduplicationId, delaySeconds }: Message): string | undefined {
  if (isFifo(queueUrl)) {
    if (groupId === undefined) return 'a FIFO queue needs a groupId';
    return delaySeconds === undefined ? undefined : 'a FIFO queue delays all its messages alike, not single ones';
  }
  return deduplicationId === undefined ? undefined : 'only FIFO queues deduplicate: leave deduplicationId out';
}

export const SendMessage = z.strictObject({ queueUrl: QueueUrl, ...message }).superRefine((input, context) => {
  const problem = kindProblem(input.queueUrl, input);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});

export type SendMessage = z.output<typeof SendMessage>;

export const SentMessage = z.object({
  messageId: z.string().min(1),
  sequenceNumber: z.string().optional().meta({ description: 'Position in the group; FIFO queues only.' }),
  md5OfBody: z.string().regex(/^[0-9a-f]{32}$/),
  md5OfAttributes: z.string().optional(),
});

export const SendMessageBatch = z
  .strictObject({
    queueUrl: QueueUrl,
    entries: z
      .array(z.strictObject({ id: AwsBatchEntryId, ...message }))
      .min(1)
      .max(10),
  })
  .superRefine(({ queueUrl, entries }, context) => {
    entries.forEach((entry, index) => {
      const problem = kindProblem(queueUrl, entry);
      if (problem !== undefined) context.addIssue({ code: 'custom', path: ['entries', index], message: problem });
    });
    for (const problem of awsBatchProblems(
      entries,
      entries.map(({ body }) => body),
      MAX_BYTES,
    )) {
      context.addIssue({ code: 'custom', path: ['entries'], message: problem });
    }
  });

export type SendMessageBatch = z.output<typeof SendMessageBatch>;

export const SentBatch = z.object({
  successful: z.array(SentMessage.extend({ id: z.string() })),
  failed: z
    .array(AwsBatchFailure)
    .meta({ description: 'Entries SQS did not take. One that is `unknown` may have been taken all the same.' }),
});

export const GetQueueAttributes = z.strictObject({
  queueUrl: QueueUrl,
  attributeNames: z
    .array(z.string().regex(/^[A-Za-z]{1,64}$/))
    .min(1)
    .max(30)
    .default(['All']),
});

export const QueueAttributes = z.object({ attributes: z.record(z.string(), z.string()) });

/** Only FIFO queues end with `.fifo`. */
const QueueName = z
  .string()
  .regex(
    /^([\w-]{1,80}|[\w-]{1,75}\.fifo)$/,
    'expected 1 to 80 letters, digits, - or _, and .fifo at the end of a FIFO queue',
  )
  .meta({ examples: ['notifications.fifo'] });

const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,7}$/, 'expected a whole number as text')
    .refine((text) => Number(text) >= least && Number(text) <= most, `expected ${String(least)} to ${String(most)}`);

/**
 * What we set of a queue, in AWS's own names and texts. Not its `Policy`: who else may use a queue is for its owner.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
 */
const QueueSettings = z.strictObject({
  VisibilityTimeout: wholeNumber(0, 43_200).optional(),
  MessageRetentionPeriod: wholeNumber(60, 1_209_600).optional(),
  RedrivePolicy: z.string().max(2_048).optional(),
  SqsManagedSseEnabled: z.enum(['true', 'false']).optional(),
  KmsMasterKeyId: z.string().max(2_048).optional(),
});

export const GetQueueUrl = z.strictObject({ queueName: QueueName });

export const CreateQueue = z.strictObject({ queueName: QueueName, attributes: QueueSettings.default({}) });

export type CreateQueue = z.output<typeof CreateQueue>;

export const FoundQueue = z.object({ queueUrl: z.string().min(1) });

export const SetQueueAttributes = z.strictObject({ queueUrl: QueueUrl, attributes: QueueSettings });

export type SetQueueAttributes = z.output<typeof SetQueueAttributes>;

export const AttributesSet = z.object({});

export const CheckAccess = z.strictObject({ queueUrl: QueueUrl.optional() });

export const Access = z.object({ proof: z.enum(['GetQueueAttributes', 'ListQueues']) });
