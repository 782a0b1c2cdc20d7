import type { AwsOperation } from '@puente/integrations/testing';
import { awsOperation } from '@puente/integrations/testing';
import type { z } from 'zod';
import { badSnsParameter, invalidParameter, snsError } from './sns-wire.errors';
import * as wire from './sns-wire.schemas';
import type { Topic, TopicStore } from './topic-store';
import { assertTopicArn, PAGE } from './topic-store';

type Run<Input> = Parameters<typeof awsOperation<Input>>[0]['run'];

/** Binds a handler to the wire: schema of its input, and both directions of the Query protocol. */
export function snsOperation<Input>(
  name: keyof typeof wire.QUERY_INPUT,
  input: z.ZodType<Input>,
  run: Run<Input>,
): AwsOperation {
  const queryOutput = wire.QUERY_OUTPUT[name] ?? {};
  return awsOperation({ input, queryInput: wire.QUERY_INPUT[name], queryOutput, badParameter: badSnsParameter, run });
}

export function afterToken(token: string | undefined): string {
  return Buffer.from(token ?? '', 'base64url').toString('utf8');
}

/** The page and, when there is more, the token that leads on. */
export function pageOf<Row extends { readonly arn: string }>(
  rows: readonly Row[],
): { page: readonly Row[]; next: { NextToken?: string } } {
  const page = rows.slice(0, PAGE);
  const last = page.at(-1)?.arn ?? '';
  return { page, next: rows.length > PAGE ? { NextToken: Buffer.from(last).toString('base64url') } : {} };
}

const NAME = /^[\w-]{1,256}$/;
const FIFO_NAME = /^[\w-]{1,251}\.fifo$/;
const SETTABLE = [
  'DisplayName',
  'Policy',
  'DeliveryPolicy',
  'KmsMasterKeyId',
  'SignatureVersion',
  'TracingConfig',
  'DataProtectionPolicy',
  'ArchivePolicy',
  'FifoTopic',
  'ContentBasedDeduplication',
  'FifoThroughputScope',
];

/** What can be done with topics. */
export function topicOperations(topics: TopicStore): Record<string, AwsOperation> {
  return {
    CreateTopic: snsOperation('CreateTopic', wire.CreateTopic, async ({ principal, region }, input) => {
      const topic = await createTopic(topics, principal.account, region, input);
      return { output: { TopicArn: topic.arn } };
    }),
    DeleteTopic: snsOperation('DeleteTopic', wire.OfTopic, async ({ region }, { TopicArn }) => {
      assertTopicArn(TopicArn, 'TopicArn', region);
      await topics.deleteTopic(TopicArn);
      return { output: {} };
    }),
    GetTopicAttributes: snsOperation('GetTopicAttributes', wire.OfTopic, async ({ region }, { TopicArn }) => {
      assertTopicArn(TopicArn, 'TopicArn', region);
      return { output: { Attributes: await attributesOf(topics, await topics.topic(TopicArn)) } };
    }),
    SetTopicAttributes: snsOperation('SetTopicAttributes', wire.SetTopicAttributes, async ({ region }, input) => {
      assertTopicArn(input.TopicArn, 'TopicArn', region);
      const topic = await topics.topic(input.TopicArn);
      if (!SETTABLE.includes(input.AttributeName) || input.AttributeName === 'FifoTopic')
        throw invalidParameter('AttributeName');
      await topics.changeTopic(topic, {
        attributes: { ...topic.attributes, [input.AttributeName]: input.AttributeValue },
      });
      return { output: {} };
    }),
    ListTopics: snsOperation('ListTopics', wire.Page, async ({ principal, region }, input) => {
      const { page, next } = pageOf(await topics.listTopics(principal.account, region, afterToken(input.NextToken)));
      return { output: { Topics: page.map(({ arn }) => ({ TopicArn: arn })), ...next } };
    }),
    ...tagOperations(topics),
  };
}

async function createTopic(
  topics: TopicStore,
  account: string,
  region: string,
  input: z.output<typeof wire.CreateTopic>,
): Promise<Topic> {
  const fifo = input.Attributes.FifoTopic === 'true';
  if (fifo && !FIFO_NAME.test(input.Name)) {
    throw invalidParameter(
      'Fifo Topic names must end with .fifo and must be made up of only uppercase and lowercase ASCII letters, numbers, underscores, and hyphens, and must be between 1 and 256 characters long.',
    );
  }
  if (!fifo && !NAME.test(input.Name)) throw invalidParameter('Topic Name');
  const unknown = Object.keys(input.Attributes).find((name) => !SETTABLE.includes(name));
  if (unknown !== undefined) throw invalidParameter(`Attributes Reason: Unknown attribute ${unknown}`);
  const arn = `arn:aws:sns:${region}:${account}:${input.Name}`;
  const defaults: Record<string, string> = fifo
    ? { ContentBasedDeduplication: 'false', FifoThroughputScope: 'Topic' }
    : {};
  const tags = Object.fromEntries(input.Tags.map(({ Key, Value }) => [Key, Value]));
  const topic = await topics.createTopic({
    arn,
    account,
    region,
    name: input.Name,
    attributes: { ...defaults, ...input.Attributes },
    tags,
  });
  if (Object.entries(input.Attributes).some(([name, value]) => topic.attributes[name] !== value)) {
    throw invalidParameter('Attributes Reason: Topic already exists with different attributes');
  }
  if (input.Tags.some(({ Key, Value }) => topic.tags[Key] !== Value)) {
    throw invalidParameter('Tags Reason: Topic already exists with different tags');
  }
  return topic;
}

async function attributesOf(topics: TopicStore, topic: Topic): Promise<Record<string, string>> {
  const subscriptions = await topics.subscriptionsOf(topic.arn);
  const confirmed = subscriptions.filter((subscription) => subscription.confirmed).length;
  return {
    TopicArn: topic.arn,
    Owner: topic.account,
    DisplayName: '',
    SubscriptionsConfirmed: String(confirmed),
    SubscriptionsPending: String(subscriptions.length - confirmed),
    SubscriptionsDeleted: '0',
    ...topic.attributes,
  };
}

function tagOperations(topics: TopicStore): Record<string, AwsOperation> {
  const resource = async (arn: string): Promise<Topic> => {
    try {
      return await topics.topic(arn);
    } catch {
      throw snsError('ResourceNotFound', 'Resource does not exist');
    }
  };
  return {
    TagResource: snsOperation('TagResource', wire.TagResource, async (_call, input) => {
      const topic = await resource(input.ResourceArn);
      const added = Object.fromEntries(input.Tags.map(({ Key, Value }) => [Key, Value]));
      await topics.changeTopic(topic, { tags: { ...topic.tags, ...added } });
      return { output: {} };
    }),
    UntagResource: snsOperation('UntagResource', wire.UntagResource, async (_call, input) => {
      const topic = await resource(input.ResourceArn);
      const kept = Object.entries(topic.tags).filter(([key]) => !input.TagKeys.includes(key));
      await topics.changeTopic(topic, { tags: Object.fromEntries(kept) });
      return { output: {} };
    }),
    ListTagsForResource: snsOperation('ListTagsForResource', wire.OfResource, async (_call, { ResourceArn }) => {
      const { tags } = await resource(ResourceArn);
      return { output: { Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) } };
    }),
  };
}
