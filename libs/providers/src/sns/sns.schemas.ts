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

export const SnsSecrets = AwsSecrets;

const TopicArn = z
  .string()
  .regex(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}(\.fifo)?$/, 'expected arn:aws:sns:region:account:topic')
  .meta({ examples: ['arn:aws:sns:us-east-1:123456789012:orders'] });

export const SnsConfig = AwsConfig.extend({
  probeTopicArn: TopicArn.optional().meta({
    description: 'Topic whose attributes prove the credentials. Without it they are proven by listing topics.',
  }),
});

export type SnsConfig = z.output<typeof SnsConfig>;

/** The most a topic can be set to take; 256 KiB unless its owner did. AWS decides. */
const MAX_BYTES = 1_048_576;

/**
 * What AWS surely refuses, and no more: "UTF-8 text with no line breaks or control characters, and less than 100
 * characters long". It does take the hundredth.
 * https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
 */
const Subject = utf8Text(400)
  .regex(/^[^\p{Cc}\u2028\u2029]*$/u, 'expected one line without control characters')
  .refine((text) => Array.from(text).length <= 100, { error: 'expected at most 100 characters' })
  .meta({ examples: ['Pedido listo'] });

/** Ours, on every publication: two of the ten attributes a message may carry on to a queue. */
export const OPERATION_ID = 'puente_operation_id';
export const REPEAT = 'puente_repeat';

const message = {
  message: utf8Text(MAX_BYTES).meta({ examples: ['Su pedido 4711 está listo 🎉'] }),
  subject: Subject.optional().meta({ description: 'Subject of e-mails.' }),
  messageStructure: z.literal('json').optional().meta({
    description: 'The message is a JSON object with one text per protocol, `default` among them.',
  }),
  attributes: awsMessageAttributes(8)
    .refine((attributes) => !Object.keys(attributes).some((name) => name.startsWith('puente_')), {
      error: 'names that begin with puente_ are ours',
    })
    .optional(),
  groupId: AwsToken.optional().meta({ description: 'Order is kept inside a group. FIFO topics demand it.' }),
  deduplicationId: AwsToken.optional().meta({
    description: 'FIFO topics take a second message with the same id within 5 minutes for the first. Ours when absent.',
  }),
};

export type Message = z.output<z.ZodObject<typeof message>>;

/** The topic's kind is in its name: only FIFO topics end with `.fifo`, and all of them do. */
export function isFifo(topicArn: string): boolean {
  return topicArn.endsWith('.fifo');
}

function messageProblem(
  topicArn: string,
  { groupId, deduplicationId, messageStructure, message: text }: Message,
): string | undefined {
  if (isFifo(topicArn) && groupId === undefined) return 'a FIFO topic needs a groupId';
  if (!isFifo(topicArn) && deduplicationId !== undefined)
    return 'only FIFO topics deduplicate: leave deduplicationId out';
  if (messageStructure === undefined || hasDefault(text)) return undefined;
  return 'expected a JSON object with a text under "default"';
}

function hasDefault(text: string): boolean {
  try {
    return z.object({ default: z.string() }).safeParse(JSON.parse(text)).success;
  } catch {
    return false;
  }
}

export const Publish = z.strictObject({ topicArn: TopicArn, ...message }).superRefine((input, context) => {
  const problem = messageProblem(input.topicArn, input);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
});

export type Publish = z.output<typeof Publish>;

export const Published = z.object({
  messageId: z.string().min(1),
  sequenceNumber: z.string().optional().meta({ description: 'Position in the group; FIFO topics only.' }),
});

export const PublishBatch = z
  .strictObject({
    topicArn: TopicArn,
    entries: z
      .array(z.strictObject({ id: AwsBatchEntryId, ...message }))
      .min(1)
      .max(10),
  })
  .superRefine(({ topicArn, entries }, context) => {
    entries.forEach((entry, index) => {
      const problem = messageProblem(topicArn, entry);
      if (problem !== undefined) context.addIssue({ code: 'custom', path: ['entries', index], message: problem });
    });
    for (const problem of awsBatchProblems(
      entries,
      entries.map((entry) => entry.message),
      MAX_BYTES,
    )) {
      context.addIssue({ code: 'custom', path: ['entries'], message: problem });
    }
  });

export type PublishBatch = z.output<typeof PublishBatch>;

export const PublishedBatch = z.object({
  successful: z.array(Published.extend({ id: z.string() })),
  failed: z
    .array(AwsBatchFailure)
    .meta({ description: 'Entries SNS did not take. One that is `unknown` may have been published all the same.' }),
});

const PhoneNumber = z
  .string()
  .regex(/^\+[1-9]\d{6,14}$/, 'expected a number in E.164, such as +56912345678')
  .meta({ examples: ['+56912345678'] });

/** https://docs.aws.amazon.com/sns/latest/dg/sms_sending-overview.html */
export const PublishSms = z.strictObject({
  phoneNumber: PhoneNumber,
  message: utf8Text(6_400).refine((text) => Array.from(text).length <= 1_600, {
    error: 'expected at most 1600 characters',
  }),
  smsType: z.enum(['Transactional', 'Promotional']).default('Transactional'),
  senderId: z
    .string()
    .regex(/^(?=.*[A-Za-z])[A-Za-z0-9]{1,11}$/, 'expected 1 to 11 letters and digits, one letter at least')
    .optional()
    .meta({ description: 'Shown as the sender where the country allows it.' }),
});

export type PublishSms = z.output<typeof PublishSms>;

const ENDPOINTS = {
  email: z.email(),
  'email-json': z.email(),
  sms: PhoneNumber,
  sqs: z.string().regex(/^arn:aws[a-z-]*:sqs:/),
  lambda: z.string().regex(/^arn:aws[a-z-]*:lambda:/),
  firehose: z.string().regex(/^arn:aws[a-z-]*:firehose:/),
  http: z.url({ protocol: /^http$/ }),
  https: z.url({ protocol: /^https$/ }),
} as const;

const Protocol = z.enum(Object.keys(ENDPOINTS) as [keyof typeof ENDPOINTS, ...(keyof typeof ENDPOINTS)[]]);

export const Subscribe = z
  .strictObject({
    topicArn: TopicArn,
    protocol: Protocol,
    endpoint: z.string().min(1).max(2_048),
    attributes: z
      .partialRecord(
        z.enum([
          'FilterPolicy',
          'FilterPolicyScope',
          'RawMessageDelivery',
          'RedrivePolicy',
          'DeliveryPolicy',
          'SubscriptionRoleArn',
        ]),
        z.string(),
      )
      .optional()
      .meta({ examples: [{ RawMessageDelivery: 'true' }] }),
  })
  .refine(({ protocol, endpoint }) => ENDPOINTS[protocol].safeParse(endpoint).success, {
    path: ['endpoint'],
    error: 'is not an endpoint of this protocol',
  });

export type Subscribe = z.output<typeof Subscribe>;

export const Subscribed = z.object({
  subscriptionArn: z.string().min(1).optional().meta({ description: 'Known once the receiver has confirmed.' }),
  pendingConfirmation: z.boolean(),
});

export const ListSubscriptions = z.strictObject({
  topicArn: TopicArn,
  nextToken: z.string().min(1).max(4_096).optional(),
});

export const Subscriptions = z.object({
  subscriptions: z.array(
    z.object({
      subscriptionArn: z.string().meta({ description: '`PendingConfirmation` until the receiver has agreed.' }),
      protocol: z.string(),
      endpoint: z.string(),
      owner: z.string(),
    }),
  ),
  nextToken: z.string().optional(),
});

export const GetTopicAttributes = z.strictObject({ topicArn: TopicArn });

export const TopicAttributes = z.object({ attributes: z.record(z.string(), z.string()) });

export const CheckAccess = z.strictObject({ topicArn: TopicArn.optional() });

export const Access = z.object({ proof: z.enum(['GetTopicAttributes', 'ListTopics']) });
