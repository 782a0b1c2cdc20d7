import type { Fields } from '@puente/integrations/testing';
import { z } from 'zod';

const strings = z.record(z.string(), z.string());
const Tags = z.array(z.object({ Key: z.string(), Value: z.string().default('') }));

export const MessageAttribute = z.object({
  DataType: z.string(),
  StringValue: z.string().optional(),
  BinaryValue: z.string().optional(),
});
export type MessageAttribute = z.output<typeof MessageAttribute>;
export type MessageAttributes = Readonly<Record<string, MessageAttribute>>;

const outgoing = {
  Message: z.string().default(''),
  Subject: z.string().optional(),
  MessageStructure: z.string().optional(),
  MessageAttributes: z.record(z.string(), MessageAttribute).optional(),
  MessageGroupId: z.string().optional(),
  MessageDeduplicationId: z.string().optional(),
};
export const Outgoing = z.object(outgoing);
export type Outgoing = z.output<typeof Outgoing>;

export const CreateTopic = z.object({ Name: z.string(), Attributes: strings.default({}), Tags: Tags.default([]) });
export const OfTopic = z.object({ TopicArn: z.string() });
export const SetTopicAttributes = z.object({
  TopicArn: z.string(),
  AttributeName: z.string(),
  AttributeValue: z.string().default(''),
});
export const Page = z.object({ NextToken: z.string().optional() });
export const PageOfTopic = z.object({ TopicArn: z.string(), NextToken: z.string().optional() });
export const Subscribe = z.object({
  TopicArn: z.string(),
  Protocol: z.string(),
  Endpoint: z.string().default(''),
  Attributes: strings.default({}),
  ReturnSubscriptionArn: z.boolean().default(false),
});
export type Subscribe = z.output<typeof Subscribe>;
export const ConfirmSubscription = z.object({ TopicArn: z.string(), Token: z.string() });
export const OfSubscription = z.object({ SubscriptionArn: z.string() });
export const SetSubscriptionAttributes = z.object({
  SubscriptionArn: z.string(),
  AttributeName: z.string(),
  AttributeValue: z.string().default(''),
});
export const Publish = z.object({
  TopicArn: z.string().optional(),
  TargetArn: z.string().optional(),
  PhoneNumber: z.string().optional(),
  ...outgoing,
});
export type Publish = z.output<typeof Publish>;
export const PublishBatch = z.object({
  TopicArn: z.string(),
  PublishBatchRequestEntries: z.array(z.object({ Id: z.string(), ...outgoing })).default([]),
});
export const OfResource = z.object({ ResourceArn: z.string() });
export const TagResource = z.object({ ResourceArn: z.string(), Tags });
export const UntagResource = z.object({ ResourceArn: z.string(), TagKeys: z.array(z.string()) });
export const SetSmsAttributes = z.object({ attributes: strings });
export const GetSmsAttributes = z.object({ attributes: z.array(z.string()).default([]) });
export const Nothing = z.object({});

const map = { map: 'string', key: 'key', value: 'value' } as const;
const tags = { list: { structure: { Key: 'string', Value: 'string' } } } as const;
const messageAttributes = {
  map: { structure: { DataType: 'string', StringValue: 'string', BinaryValue: 'string' } },
  key: 'Name',
  value: 'Value',
} as const;
const outgoingFields: Fields = {
  Message: 'string',
  Subject: 'string',
  MessageStructure: 'string',
  MessageAttributes: messageAttributes,
  MessageGroupId: 'string',
  MessageDeduplicationId: 'string',
};
const topicArn: Fields = { TopicArn: 'string' };
const subscriptionArn: Fields = { SubscriptionArn: 'string' };
const attribute: Fields = { AttributeName: 'string', AttributeValue: 'string' };

export const QUERY_INPUT = {
  CreateTopic: { Name: 'string', Attributes: map, Tags: tags },
  DeleteTopic: topicArn,
  GetTopicAttributes: topicArn,
  SetTopicAttributes: { ...topicArn, ...attribute },
  ListTopics: { NextToken: 'string' },
  Subscribe: { ...topicArn, Protocol: 'string', Endpoint: 'string', Attributes: map, ReturnSubscriptionArn: 'boolean' },
  ConfirmSubscription: { ...topicArn, Token: 'string' },
  Unsubscribe: subscriptionArn,
  ListSubscriptions: { NextToken: 'string' },
  ListSubscriptionsByTopic: { ...topicArn, NextToken: 'string' },
  GetSubscriptionAttributes: subscriptionArn,
  SetSubscriptionAttributes: { ...subscriptionArn, ...attribute },
  Publish: { ...topicArn, TargetArn: 'string', PhoneNumber: 'string', ...outgoingFields },
  PublishBatch: {
    ...topicArn,
    PublishBatchRequestEntries: { list: { structure: { Id: 'string', ...outgoingFields } } },
  },
  TagResource: { ResourceArn: 'string', Tags: tags },
  UntagResource: { ResourceArn: 'string', TagKeys: { list: 'string' } },
  ListTagsForResource: { ResourceArn: 'string' },
  SetSMSAttributes: { attributes: map },
  GetSMSAttributes: { attributes: { list: 'string' } },
} as const satisfies Record<string, Fields>;

const subscriptions = {
  list: {
    structure: {
      SubscriptionArn: 'string',
      Owner: 'string',
      Protocol: 'string',
      Endpoint: 'string',
      TopicArn: 'string',
    },
  },
} as const;
const published: Fields = { MessageId: 'string', SequenceNumber: 'string' };

/** Operations whose result is empty on the wire still answer with an empty result element; those have `{}` here. */
export const QUERY_OUTPUT: Readonly<Record<string, Fields>> = {
  CreateTopic: topicArn,
  GetTopicAttributes: { Attributes: map },
  ListTopics: { Topics: { list: { structure: topicArn } }, NextToken: 'string' },
  Subscribe: subscriptionArn,
  ConfirmSubscription: subscriptionArn,
  ListSubscriptions: { Subscriptions: subscriptions, NextToken: 'string' },
  ListSubscriptionsByTopic: { Subscriptions: subscriptions, NextToken: 'string' },
  GetSubscriptionAttributes: { Attributes: map },
  Publish: published,
  PublishBatch: {
    Successful: { list: { structure: { Id: 'string', ...published } } },
    Failed: { list: { structure: { Id: 'string', Code: 'string', Message: 'string', SenderFault: 'boolean' } } },
  },
  ListTagsForResource: { Tags: tags },
  GetSMSAttributes: { attributes: map },
};
