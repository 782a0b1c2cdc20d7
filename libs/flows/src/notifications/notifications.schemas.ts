import { ON_UNKNOWN } from '@puente/kernel';
import { z } from 'zod';

/** Control characters, line separators and halves of surrogate pairs: they break headers, log lines or PostgreSQL's text. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u;
/** What SNS and SQS refuse in a text: control characters other than tab and line breaks. */
// eslint-disable-next-line no-control-regex -- control characters are what it is about
const UNSENDABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;
/** Halves of surrogate pairs: no text, and nothing UTF-8 could carry. */
const HALF = /\p{Cs}/u;

const printable = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .refine((text) => !UNPRINTABLE.test(text), 'expected text without control characters');

/** SQS's own rule for a MessageGroupId. */
const Group = z
  .string()
  .regex(
    /^[\w!"#$%&'()*+,\-./:;<=>?@[\\\]^`{|}~]{1,128}$/,
    'expected 1 to 128 printable ASCII characters without spaces',
  );

const TopicArn = z
  .string()
  .regex(
    /^arn:aws[a-z-]*:sns:[a-z0-9-]{1,32}:\d{12}:[\w-]{1,256}(\.fifo)?$/,
    'expected the ARN of an SNS topic, such as arn:aws:sns:us-east-1:123456789012:orders',
  );

const Kind = printable(256);

/** Characters, not UTF-16 units: as SNS counts them. */
const Subject = printable(400).refine((text) => Array.from(text).length <= 100, 'expected at most 100 characters');

/** The most a topic takes whose owner did not ask for more, in bytes of UTF-8. */
export const LARGEST_MESSAGE = 262_144;
/** The most every queue takes, less what our own attribute needs. */
export const LARGEST_OWN_BODY = 262_144 - 1_024;

/** `POST /v1/notifications`. */
export const NotifyBody = z.strictObject({
  event: Kind.optional().meta({
    description: "Kind of event; chooses the handler. Without it the topic's own handler, or the default one.",
    examples: ['order.paid'],
  }),
  topic: TopicArn.meta({
    description: 'SNS topic to publish to, unless the handler names another.',
    examples: ['arn:aws:sns:us-east-1:000000000000:demo'],
  }),
  subject: Subject.meta({ description: 'Subject of e-mails.', examples: ['Pedido pagado'] }),
  message: z
    .string()
    .min(1)
    .max(LARGEST_MESSAGE, `expected at most ${String(LARGEST_MESSAGE)} characters`)
    .refine((text) => !HALF.test(text), 'expected well-formed Unicode')
    .refine((text) => !UNSENDABLE.test(text), 'expected no control characters but line breaks and tabs')
    .meta({ description: 'The text.', examples: ['Su pedido A-1 está pagado 🎉'] }),
  group: Group.default('default').meta({
    description: 'Notifications of one group are published in the order in which they were accepted.',
    examples: ['orders'],
  }),
});
export type NotifyBody = z.output<typeof NotifyBody>;

/** What a foreign producer must have put into the queue. Other fields are tolerated and kept out of what is published. */
export const QueueFields = z.object({
  sns_topic: printable(1_024),
  subject: z
    .string()
    .max(10_000)
    .refine((text) => !HALF.test(text), 'expected well-formed Unicode'),
  message: z.string().refine((text) => !HALF.test(text), 'expected well-formed Unicode'),
  event: Kind.nullish(),
});

const Integration = printable(200).default('default');

/** `PUT /v1/notifications/handlers/{kind}`. */
export const HandlerBody = z
  .strictObject({
    topicArn: TopicArn.nullable().default(null).meta({ description: "Topic to publish to; null: the message's own." }),
    function: z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,63}$/, 'expected the id of a function, such as contact')
      .nullable()
      .default(null)
      .meta({
        description:
          'Function that is invoked in place of publishing, one of `GET /v1/functions`; its payload is the body of the queue message, byte for byte.',
        examples: [null],
      }),
    integration: Integration.meta({
      description: "Which of the tenant's sns accounts publishes. A function brings its own account.",
    }),
    onUnknown: z
      .enum(ON_UNKNOWN)
      .optional()
      .meta({
        description:
          "What happens when the answer of a standard topic or of a function was lost: `resend` (may repeat, marked), `review` (a person decides), `drop`. Left out: `resend`, or the function's own.",
        examples: ['review'],
      }),
    enabled: z
      .boolean()
      .default(true)
      .meta({ description: 'false: messages of this kind are acknowledged and skipped.' }),
  })
  .refine((body) => body.function === null || body.topicArn === null, {
    error: 'give a topic or a function, not both',
    path: ['topicArn'],
  })
  .refine((body) => body.function === null || body.integration === 'default', {
    error: 'a function brings its own account: PUT /v1/functions/{function} says which',
    path: ['integration'],
  });
export type HandlerBody = z.output<typeof HandlerBody>;
export const HandlerKind = Kind.meta({
  description: 'An event, the ARN of a topic for messages that name no event, or `*` for all the rest.',
});

const QueueUrl = z
  .url({ protocol: /^https?$/, error: 'expected the URL of an SQS queue' })
  .max(512)
  .refine((url) => url.endsWith('.fifo'), 'expected a FIFO queue: its URL ends in .fifo')
  .refine((url) => !/^https?:\/\/[^/]*@/i.test(url), 'expected a URL without user name and password')
  .meta({ examples: ['https://sqs.us-east-1.amazonaws.com/123456789012/notifications.fifo'] });

/** `PUT /v1/notifications/queue`. */
export const QueueBindingBody = z
  .strictObject({
    queueUrl: QueueUrl,
    deadLetterQueueUrl: QueueUrl,
    integration: Integration.meta({ description: "Which of the tenant's sqs accounts reads the queue." }),
  })
  .refine(({ queueUrl, deadLetterQueueUrl }) => queueUrl !== deadLetterQueueUrl, {
    error: 'must not be the queue itself',
    path: ['deadLetterQueueUrl'],
  });
export type QueueBindingBody = z.output<typeof QueueBindingBody>;
