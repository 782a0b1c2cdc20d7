import { randomBytes, randomUUID } from 'node:crypto';
import type { AwsOperation } from '@puente/integrations/testing';
import { assertFilterPolicy } from './filter-policy';
import type { SnsInbox } from './sns-inbox';
import { invalidParameter, snsError } from './sns-wire.errors';
import type { Subscribe } from './sns-wire.schemas';
import * as wire from './sns-wire.schemas';
import type { Subscription, TopicStore } from './topic-store';
import { assertTopicArn, isFifoTopic } from './topic-store';
import { afterToken, pageOf, snsOperation } from './topic-operations';

const PENDING = 'pending confirmation';
const ATTRIBUTES = [
  'RawMessageDelivery',
  'FilterPolicy',
  'FilterPolicyScope',
  'DeliveryPolicy',
  'RedrivePolicy',
  'SubscriptionRoleArn',
  'ReplayPolicy',
];

/** What can be done with subscriptions. */
export function subscriptionOperations(topics: TopicStore, inbox: SnsInbox): Record<string, AwsOperation> {
  return {
    Subscribe: snsOperation('Subscribe', wire.Subscribe, async ({ region, principal, request }, input) => {
      assertTopicArn(input.TopicArn, 'TopicArn', region);
      const topic = await topics.topic(input.TopicArn);
      assertEndpoint(input);
      assertSubscriptionAttributes(input.Attributes);
      const asked = newSubscription(input, principal.account, confirmedAtOnce(input.Protocol, inbox.autoConfirmEmail));
      const subscription = await topics.subscribe(asked);
      if (Object.entries(input.Attributes).some(([name, value]) => subscription.attributes[name] !== value)) {
        throw invalidParameter('Attributes Reason: Subscription already exists with different attributes');
      }
      if (!subscription.confirmed) await inbox.askForConfirmation(topic.arn, subscription, request.host);
      const shown = subscription.confirmed || input.ReturnSubscriptionArn ? subscription.arn : PENDING;
      return { output: { SubscriptionArn: shown } };
    }),
    ConfirmSubscription: snsOperation(
      'ConfirmSubscription',
      wire.ConfirmSubscription,
      async (_call, { TopicArn, Token }) => {
        const subscription = await topics.confirm(TopicArn, Token);
        return { output: { SubscriptionArn: subscription.arn } };
      },
    ),
    Unsubscribe: snsOperation('Unsubscribe', wire.OfSubscription, async (_call, { SubscriptionArn }) => {
      const elements = SubscriptionArn.split(':').length;
      if (elements < 6) {
        throw invalidParameter(`SubscriptionArn Reason: An ARN must have at least 6 elements, not ${String(elements)}`);
      }
      await topics.unsubscribe(SubscriptionArn);
      return { output: {} };
    }),
    ...listOperations(topics),
    ...attributeOperations(topics),
  };
}

/** E-mail asks its reader first; numbers and queues of the same account are taken at their word. */
function confirmedAtOnce(protocol: string, autoConfirmEmail: boolean): boolean {
  return protocol.startsWith('email') ? autoConfirmEmail : true;
}

function newSubscription(input: Subscribe, owner: string, confirmed: boolean): Subscription {
  return {
    arn: `${input.TopicArn}:${randomUUID()}`,
    topic_arn: input.TopicArn,
    protocol: input.Protocol,
    endpoint: input.Endpoint,
    owner,
    confirmed,
    token: randomBytes(36).toString('hex'),
    attributes: input.Attributes,
  };
}

function assertEndpoint({ TopicArn, Protocol, Endpoint }: Subscribe): void {
  switch (Protocol) {
    case 'email':
    case 'email-json':
      if (isFifoTopic(TopicArn)) throw invalidParameter(`Invalid protocol type: ${Protocol}`);
      if (!/^[^\s@]+@[^\s@]+$/.test(Endpoint)) throw invalidParameter('Email address');
      return;
    case 'sms':
      if (isFifoTopic(TopicArn)) throw invalidParameter('Invalid protocol type: sms');
      if (!isPhoneNumber(Endpoint)) throw snsError('InvalidParameter', `Invalid SMS endpoint: ${Endpoint}`);
      return;
    case 'sqs':
      if (!/^arn:aws[\w-]*:sqs:[\w-]+:\d{12}:[\w.-]+$/.test(Endpoint)) throw invalidParameter('SQS endpoint ARN');
      if (Endpoint.endsWith('.fifo') && !isFifoTopic(TopicArn)) {
        throw invalidParameter(
          'Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to standard SNS topics',
        );
      }
      return;
    default:
      // AWS knows more protocols; here nothing would be delivered by them, and saying so beats silence.
      throw invalidParameter(`Amazon SNS does not support this protocol string: ${Protocol}`);
  }
}

/** E.164. */
export function isPhoneNumber(text: string): boolean {
  return /^\+?[1-9]\d{1,14}$/.test(text);
}

function assertSubscriptionAttributes(attributes: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(attributes)) assertSubscriptionAttribute(name, value);
}

function assertSubscriptionAttribute(name: string, value: string): void {
  if (!ATTRIBUTES.includes(name)) throw invalidParameter('AttributeName');
  if (name === 'RawMessageDelivery' && !/^(true|false)$/i.test(value)) {
    throw invalidParameter(`Attributes Reason: RawMessageDelivery: Invalid value [${value}]. Must be true or false.`);
  }
  if (name === 'FilterPolicyScope' && value !== 'MessageAttributes' && value !== 'MessageBody') {
    throw invalidParameter(
      `Attributes Reason: FilterPolicyScope: Invalid value [${value}]. Please use either MessageBody or MessageAttributes`,
    );
  }
  if (name === 'FilterPolicy' && value !== '') assertFilterPolicy(value);
}

function listOperations(topics: TopicStore): Record<string, AwsOperation> {
  const output = (rows: readonly Subscription[]): Record<string, unknown> => {
    const { page, next } = pageOf(rows);
    return { Subscriptions: page.map(toListed), ...next };
  };
  return {
    ListSubscriptions: snsOperation('ListSubscriptions', wire.Page, async ({ principal, region }, input) => ({
      output: output(await topics.listSubscriptions(principal.account, region, afterToken(input.NextToken))),
    })),
    ListSubscriptionsByTopic: snsOperation('ListSubscriptionsByTopic', wire.PageOfTopic, async ({ region }, input) => {
      assertTopicArn(input.TopicArn, 'TopicArn', region);
      await topics.topic(input.TopicArn);
      const after = afterToken(input.NextToken);
      const all = await topics.subscriptionsOf(input.TopicArn);
      const from = after === '' ? 0 : all.findIndex(({ arn }) => arn === after) + 1;
      return { output: output(all.slice(from)) };
    }),
  };
}

function toListed(subscription: Subscription): Record<string, string> {
  return {
    SubscriptionArn: subscription.confirmed ? subscription.arn : 'PendingConfirmation',
    Owner: subscription.owner,
    Protocol: subscription.protocol,
    Endpoint: subscription.endpoint,
    TopicArn: subscription.topic_arn,
  };
}

function attributeOperations(topics: TopicStore): Record<string, AwsOperation> {
  return {
    GetSubscriptionAttributes: snsOperation(
      'GetSubscriptionAttributes',
      wire.OfSubscription,
      async (_call, { SubscriptionArn }) => {
        const subscription = await topics.subscription(SubscriptionArn);
        return {
          output: {
            Attributes: {
              ...toListed(subscription),
              SubscriptionArn: subscription.arn,
              PendingConfirmation: String(!subscription.confirmed),
              ConfirmationWasAuthenticated: String(subscription.confirmed),
              RawMessageDelivery: 'false',
              ...subscription.attributes,
            },
          },
        };
      },
    ),
    SetSubscriptionAttributes: snsOperation(
      'SetSubscriptionAttributes',
      wire.SetSubscriptionAttributes,
      async (_call, input) => {
        const subscription = await topics.subscription(input.SubscriptionArn);
        assertSubscriptionAttribute(input.AttributeName, input.AttributeValue);
        await topics.changeSubscription(subscription.arn, {
          ...subscription.attributes,
          [input.AttributeName]: input.AttributeValue,
        });
        return { output: {} };
      },
    ),
  };
}
