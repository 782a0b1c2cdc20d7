import type { Fields } from '@puente/integrations/testing';
import { z } from 'zod';

/** Inputs of the operations as the JSON protocol carries them, and how the Query protocol spells the same. */

const QueueUrl = z.string().min(1);
const strings = z.record(z.string(), z.string());

export const MessageAttribute = z.object({
  DataType: z.string().default(''),
  StringValue: z.string().optional(),
  /** Base64 in both protocols. */
  BinaryValue: z.string().optional(),
});
export type MessageAttribute = z.output<typeof MessageAttribute>;
export type MessageAttributes = Readonly<Record<string, MessageAttribute>>;

const outgoing = {
  MessageBody: z.string().default(''),
  DelaySeconds: z.int().optional(),
  MessageAttributes: z.record(z.string(), MessageAttribute).optional(),
  MessageSystemAttributes: z.record(z.string(), MessageAttribute).optional(),
  MessageDeduplicationId: z.string().optional(),
  MessageGroupId: z.string().optional(),
};
export const Outgoing = z.object(outgoing);
export type Outgoing = z.output<typeof Outgoing>;

export const OfQueue = z.object({ QueueUrl });
export const CreateQueue = z.object({
  QueueName: z.string(),
  Attributes: strings.default({}),
  tags: strings.default({}),
});
export const GetQueueUrl = z.object({ QueueName: z.string(), QueueOwnerAWSAccountId: z.string().optional() });
export const ListQueues = z.object({
  QueueNamePrefix: z.string().default(''),
  MaxResults: z.int().optional(),
  NextToken: z.string().optional(),
});
export const GetQueueAttributes = z.object({ QueueUrl, AttributeNames: z.array(z.string()).default([]) });
export const SetQueueAttributes = z.object({ QueueUrl, Attributes: strings });
export const TagQueue = z.object({ QueueUrl, Tags: strings });
export const UntagQueue = z.object({ QueueUrl, TagKeys: z.array(z.string()) });

export const SendMessage = z.object({ QueueUrl, ...outgoing });
export const SendMessageBatch = z.object({
  QueueUrl,
  Entries: z.array(z.object({ Id: z.string(), ...outgoing })).default([]),
});
export const ReceiveMessage = z.object({
  QueueUrl,
  AttributeNames: z.array(z.string()).default([]),
  MessageSystemAttributeNames: z.array(z.string()).default([]),
  MessageAttributeNames: z.array(z.string()).default([]),
  MaxNumberOfMessages: z.int().default(1),
  VisibilityTimeout: z.int().optional(),
  WaitTimeSeconds: z.int().optional(),
  ReceiveRequestAttemptId: z.string().optional(),
});
export type ReceiveMessage = z.output<typeof ReceiveMessage>;
export const DeleteMessage = z.object({ QueueUrl, ReceiptHandle: z.string() });
export const DeleteMessageBatch = z.object({
  QueueUrl,
  Entries: z.array(z.object({ Id: z.string(), ReceiptHandle: z.string() })).default([]),
});
export const ChangeMessageVisibility = z.object({ QueueUrl, ReceiptHandle: z.string(), VisibilityTimeout: z.int() });
export const ChangeMessageVisibilityBatch = z.object({
  QueueUrl,
  Entries: z
    .array(z.object({ Id: z.string(), ReceiptHandle: z.string(), VisibilityTimeout: z.int().default(0) }))
    .default([]),
});

export const StartMessageMoveTask = z.object({
  SourceArn: z.string(),
  DestinationArn: z.string().optional(),
  MaxNumberOfMessagesPerSecond: z.int().optional(),
});
export const CancelMessageMoveTask = z.object({ TaskHandle: z.string() });
export const ListMessageMoveTasks = z.object({ SourceArn: z.string(), MaxResults: z.int().default(1) });

const attributeValue: Fields = { StringValue: 'string', BinaryValue: 'string', DataType: 'string' };
const messageAttributes = {
  map: { structure: attributeValue },
  as: 'MessageAttribute',
  key: 'Name',
  value: 'Value',
} as const;
const queueAttributes = { map: 'string', as: 'Attribute', key: 'Name', value: 'Value' } as const;
const tags = { map: 'string', as: 'Tag', key: 'Key', value: 'Value' } as const;

const outgoingFields: Fields = {
  MessageBody: 'string',
  DelaySeconds: 'integer',
  MessageAttributes: messageAttributes,
  MessageSystemAttributes: { ...messageAttributes, as: 'MessageSystemAttribute' },
  MessageDeduplicationId: 'string',
  MessageGroupId: 'string',
};
const sentFields: Fields = {
  MessageId: 'string',
  MD5OfMessageBody: 'string',
  MD5OfMessageAttributes: 'string',
  MD5OfMessageSystemAttributes: 'string',
  SequenceNumber: 'string',
};
const handleFields: Fields = { Id: 'string', ReceiptHandle: 'string', VisibilityTimeout: 'integer' };
const queueUrl: Fields = { QueueUrl: 'string' };

/** Input fields of the Query protocol, by operation. */
export const QUERY_INPUT = {
  CreateQueue: { QueueName: 'string', Attributes: queueAttributes, tags },
  DeleteQueue: queueUrl,
  PurgeQueue: queueUrl,
  ListQueueTags: queueUrl,
  ListDeadLetterSourceQueues: { ...queueUrl, MaxResults: 'integer', NextToken: 'string' },
  GetQueueUrl: { QueueName: 'string', QueueOwnerAWSAccountId: 'string' },
  ListQueues: { QueueNamePrefix: 'string', MaxResults: 'integer', NextToken: 'string' },
  GetQueueAttributes: { ...queueUrl, AttributeNames: { list: 'string', as: 'AttributeName' } },
  SetQueueAttributes: { ...queueUrl, Attributes: queueAttributes },
  TagQueue: { ...queueUrl, Tags: tags },
  UntagQueue: { ...queueUrl, TagKeys: { list: 'string', as: 'TagKey' } },
  SendMessage: { ...queueUrl, ...outgoingFields },
  SendMessageBatch: {
    ...queueUrl,
    Entries: { list: { structure: { Id: 'string', ...outgoingFields } }, as: 'SendMessageBatchRequestEntry' },
  },
  ReceiveMessage: {
    ...queueUrl,
    AttributeNames: { list: 'string', as: 'AttributeName' },
    MessageSystemAttributeNames: { list: 'string', as: 'MessageSystemAttributeName' },
    MessageAttributeNames: { list: 'string', as: 'MessageAttributeName' },
    MaxNumberOfMessages: 'integer',
    VisibilityTimeout: 'integer',
    WaitTimeSeconds: 'integer',
    ReceiveRequestAttemptId: 'string',
  },
  DeleteMessage: { ...queueUrl, ReceiptHandle: 'string' },
  DeleteMessageBatch: {
    ...queueUrl,
    Entries: { list: { structure: handleFields }, as: 'DeleteMessageBatchRequestEntry' },
  },
  ChangeMessageVisibility: { ...queueUrl, ReceiptHandle: 'string', VisibilityTimeout: 'integer' },
  ChangeMessageVisibilityBatch: {
    ...queueUrl,
    Entries: { list: { structure: handleFields }, as: 'ChangeMessageVisibilityBatchRequestEntry' },
  },
  StartMessageMoveTask: { SourceArn: 'string', DestinationArn: 'string', MaxNumberOfMessagesPerSecond: 'integer' },
  CancelMessageMoveTask: { TaskHandle: 'string' },
  ListMessageMoveTasks: { SourceArn: 'string', MaxResults: 'integer' },
} as const satisfies Record<string, Fields>;

const failed = {
  list: { structure: { Id: 'string', SenderFault: 'boolean', Code: 'string', Message: 'string' } },
  as: 'BatchResultErrorEntry',
} as const;
const done = (entry: string, fields: Fields = {}): Fields => ({
  Successful: { list: { structure: { Id: 'string', ...fields } }, as: entry },
  Failed: failed,
});

/** Result fields of the Query protocol, by operation; operations without a result are absent. */
export const QUERY_OUTPUT: Readonly<Record<string, Fields>> = {
  CreateQueue: queueUrl,
  GetQueueUrl: queueUrl,
  ListQueues: { QueueUrls: { list: 'string', as: 'QueueUrl' }, NextToken: 'string' },
  ListDeadLetterSourceQueues: { queueUrls: { list: 'string', as: 'QueueUrl' } },
  GetQueueAttributes: { Attributes: queueAttributes },
  ListQueueTags: { Tags: tags },
  SendMessage: sentFields,
  SendMessageBatch: done('SendMessageBatchResultEntry', sentFields),
  DeleteMessageBatch: done('DeleteMessageBatchResultEntry'),
  ChangeMessageVisibilityBatch: done('ChangeMessageVisibilityBatchResultEntry'),
  ReceiveMessage: {
    Messages: {
      list: {
        structure: {
          MessageId: 'string',
          ReceiptHandle: 'string',
          MD5OfBody: 'string',
          Body: 'string',
          Attributes: queueAttributes,
          MD5OfMessageAttributes: 'string',
          MessageAttributes: messageAttributes,
        },
      },
      as: 'Message',
    },
  },
  StartMessageMoveTask: { TaskHandle: 'string' },
  CancelMessageMoveTask: { ApproximateNumberOfMessagesMoved: 'integer' },
  ListMessageMoveTasks: {
    Results: {
      list: {
        structure: {
          TaskHandle: 'string',
          Status: 'string',
          SourceArn: 'string',
          DestinationArn: 'string',
          MaxNumberOfMessagesPerSecond: 'integer',
          ApproximateNumberOfMessagesMoved: 'integer',
          ApproximateNumberOfMessagesToMove: 'integer',
          FailureReason: 'string',
          StartedTimestamp: 'integer',
        },
      },
      as: 'ListMessageMoveTasksResultEntry',
    },
  },
};
