import { z } from 'zod';
import { filterProblem, topicProblem } from './topics';

/** Of MQTT's own texts: https://docs.oasis-open.org/mqtt/mqtt/v3.1.1/os/mqtt-v3.1.1-os.html#_Toc398718016 */
const login = z.string().min(1).max(1_024);

/** Encrypted on arrival, never shown again. Brokers of a private network may want neither. */
export const MqttSecrets = z
  .strictObject({
    username: login.optional().meta({ description: 'As which the broker knows us.' }),
    password: login.optional().meta({ description: 'Its password; not without a user name.' }),
  })
  .refine(({ username, password }) => password === undefined || username !== undefined, {
    path: ['username'],
    error: 'a password needs a user name',
  });

export type MqttSecrets = z.output<typeof MqttSecrets>;

export const Topic = z
  .string()
  .superRefine((topic, context) => {
    const message = topicProblem(topic);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  })
  .meta({ description: 'Where it is published, without wildcards.', examples: ['fixtures/validation'] });

/** For flows that let tenants name what is listened to. */
export const TopicFilter = z.string().superRefine((filter, context) => {
  const message = filterProblem(filter);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

/** Shown to whoever may see the account. */
export const MqttConfig = z.strictObject({
  url: z
    .url({ protocol: /^mqtts?$/, error: 'expected mqtts://host:port' })
    .max(300)
    .refine(isPlain, 'must be a host and a port, and nothing else')
    .meta({
      description:
        'The broker: mqtts:// (TLS, port 8883 when left out), or mqtt:// (1883) within networks the operator allows.',
      examples: ['mqtts://broker.example.com:8883'],
    }),
  ca: z
    .string()
    .max(65_536)
    .regex(/^\s*-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----\s*$/, 'expected certificates in PEM')
    .optional()
    .meta({
      description: 'Authorities that the broker’s certificate may come from, in PEM, in place of the usual ones.',
    }),
  protocolVersion: z
    .enum(['3.1.1', '5'])
    .optional()
    .meta({ description: 'Of MQTT: 3.1.1 when left out. With 5 a broker says why it refuses a message.' }),
  clientIdPrefix: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,40}$/, 'expected up to 40 letters, digits, hyphens and underscores')
    .optional()
    .meta({ description: 'How the client ids of our connections begin: puente when left out.' }),
  willTopic: Topic.optional().meta({
    description:
      'Where the broker publishes {"clientId", "status": "offline"} when a connection of ours breaks off without a goodbye. Left out: nowhere.',
  }),
});

export type MqttConfig = z.output<typeof MqttConfig>;

function isPlain(text: string): boolean {
  if (!URL.canParse(text)) return true;
  const { hostname, username, password, pathname, search, hash } = new URL(text);
  return hostname !== '' && [username, password, search, hash].every((part) => part === '') && /^\/?$/.test(pathname);
}

/** The smallest of what large brokers take by default is 128 KiB; most take 256 KiB and more. */
export const MAX_PAYLOAD_BYTES = 262_144;

/**
 * Text is sent as it is, anything else as its JSON. Whole numbers beyond ±(2^53 − 1) have lost digits when the request was
 * read: they travel as text.
 */
const Payload = z
  .unknown()
  .refine((value) => value !== undefined, 'expected text or a JSON value')
  .refine(keepsItsDigits, 'whole numbers beyond 2^53 - 1 lose digits: send them as text')
  .refine((value) => Buffer.byteLength(payloadText(value)) <= MAX_PAYLOAD_BYTES, {
    error: `expected at most ${String(MAX_PAYLOAD_BYTES)} bytes`,
  })
  .meta({
    description: `Text, sent as it is, or any other JSON value, sent as JSON. At most ${String(MAX_PAYLOAD_BYTES)} bytes.`,
    examples: [{ request_id: 'b5d1…', group_id: '15', seller: 0, valid: true }],
  });

function keepsItsDigits(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isInteger(value) || Number.isSafeInteger(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(keepsItsDigits);
}

/** As it is sent. */
export function payloadText(payload: unknown): string {
  if (payload === undefined) return '';
  return typeof payload === 'string' ? payload : JSON.stringify(payload);
}

export const Publish = z.strictObject({ topic: Topic, payload: Payload });

export type Publish = z.output<typeof Publish>;

export const Published = z.object({
  topic: z.string().min(1),
  bytes: z.int().min(0).meta({ description: 'Length of the payload.' }),
});

export type Published = z.output<typeof Published>;

export const CheckConnection = z.strictObject({});

export const Connected = z.object({
  clientId: z.string().min(1).meta({ description: 'As which the broker took us in.' }),
});

export type Connected = z.output<typeof Connected>;
