import { HEADS_OF_LINE } from '@puente/ledger';
import {
  LONGEST_TIMEOUT_S,
  SIGNATURE_KINDS,
  signatureKindOf,
  SigningSecretField,
  WebhookConfig,
  WebhookSecrets,
} from '@puente/providers/webhooks';
import { z } from 'zod';
import { EventPattern, EventType } from './event-types';

/** Control characters, line separators and halves of surrogate pairs: they break log lines or PostgreSQL's text. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u;

const printable = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .refine((text) => !UNPRINTABLE.test(text), 'expected text without control characters');

export const ORDERINGS = ['none', 'fifo'] as const;
export type Ordering = (typeof ORDERINGS)[number];

export const UserId = printable(200);

const { url, ratePerSecond, timeoutSeconds } = WebhookConfig.shape;

const fields = {
  url: url.meta({ description: 'Where events are posted to.', examples: ['https://hooks.example.com/puente'] }),
  description: z
    .string()
    .max(500)
    .refine((text) => !UNPRINTABLE.test(text), 'expected text without control characters')
    .meta({ description: 'For people.', examples: ['Sistema de facturación'] }),
  eventTypes: z
    .array(EventPattern)
    .min(1)
    .max(100)
    .transform((patterns) => [...new Set(patterns)])
    .meta({
      description:
        'Types, all below one (`order.*`), or `*` for all that is published. Puente’s own (`operation.*`, `endpoint.*`, `delivery.*`) come only to who names them.',
      examples: [['order.*', 'abono']],
    }),
  userId: UserId.nullable().meta({
    description: 'End user whose events it gets. null: the tenant’s own, which gets those of all users.',
    examples: [null],
  }),
  headers: WebhookSecrets.shape.headers.unwrap().meta({
    description: 'Headers of your own that are sent along. Their values are encrypted and never shown.',
    examples: [{ 'x-tenant': 'andes' }],
  }),
  ratePerSecond: ratePerSecond
    .unwrap()
    .nullable()
    .meta({
      description: 'At most so many a second; null: as fast as it answers.',
      examples: [50],
    }),
  timeoutSeconds: timeoutSeconds.unwrap().meta({
    description: 'How long an answer may take, its body included, before the delivery counts as failed.',
    examples: [20],
  }),
  ordering: z.enum(ORDERINGS).meta({
    description: '`fifo`: events of one key come one at a time, in the order in which they were published.',
  }),
  headOfLine: z.enum(HEADS_OF_LINE).meta({
    description:
      'With `fifo`, once the tries of an event are used up: `skip` goes on with the next one of its key, `park` waits for a replay, which then comes behind those that waited. `wait` is `skip` here: no delivery waits for a person.',
  }),
  enabled: z.boolean().meta({ description: 'false: events are held for it and wait for a replay.' }),
  payloadVersion: z.union([z.literal(1), z.literal(2)]).meta({
    description: '1: `type`, `timestamp`, `data`. 2: also `id`, `key`, `user_id`.',
  }),
};

const GivenSecret = SigningSecretField.shape.secret
  .refine((secret) => signatureKindOf(secret) !== 'v1a', 'expected whsec_ and 24 to 64 bytes of base64')
  .meta({
    description: 'The v1 secret, when you bring your own: whsec_ and 24 to 64 bytes of base64. Left out: one is made.',
    examples: ['whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY='],
  });

/** `POST /v1/webhook-endpoints`. */
export const CreateEndpointBody = z
  .strictObject({
    url: fields.url,
    description: fields.description.default(''),
    eventTypes: fields.eventTypes,
    userId: fields.userId.default(null),
    headers: fields.headers.optional(),
    ratePerSecond: fields.ratePerSecond.default(null),
    timeoutSeconds: fields.timeoutSeconds.default(LONGEST_TIMEOUT_S),
    ordering: fields.ordering.default('none'),
    headOfLine: fields.headOfLine.default('skip'),
    enabled: fields.enabled.default(true),
    payloadVersion: fields.payloadVersion.default(1),
    signatures: z
      .array(z.enum(SIGNATURE_KINDS))
      .min(1)
      .max(2)
      .transform((kinds) => [...new Set(kinds)])
      .default(['v1'])
      .meta({ description: 'v1: HMAC-SHA256 with a shared secret. v1a: ed25519 with a public key.' }),
    secret: GivenSecret.optional(),
  })
  .refine(({ secret, signatures }) => secret === undefined || signatures.includes('v1'), {
    error: 'is a v1 secret, and signatures leave v1 out',
    path: ['secret'],
  });
export type CreateEndpointBody = z.output<typeof CreateEndpointBody>;

/** `PATCH /v1/webhook-endpoints/{id}`: what is left out stays. */
export const PatchEndpointBody = z
  .strictObject({
    ...fields,
    headers: fields.headers.meta({ description: 'All of them, instead of those before; {} removes them.' }),
  })
  .partial();
export type PatchEndpointBody = z.output<typeof PatchEndpointBody>;

/** `POST …/{id}/rotate-secret`. */
export const RotateSecretBody = z.strictObject({
  overlapSeconds: z
    .int()
    .min(0)
    .max(604_800)
    .default(86_400)
    .meta({ description: 'How long the old secrets sign beside the new ones; 0: they end now.' }),
  secret: GivenSecret.optional(),
});
export type RotateSecretBody = z.output<typeof RotateSecretBody>;

/** `POST /v1/events`. */
export const PublishBody = z.strictObject({
  type: EventType.meta({
    description:
      'What happened; chooses the endpoints. Not `operation.*`, `endpoint.*`, `delivery.*`: those are Puente’s own.',
    examples: ['order.paid'],
  }),
  payload: z.record(z.string(), z.unknown()).meta({
    description: '`data` of the message; at most 256 KiB as JSON.',
    examples: [{ order: 'A-1', amount: 1500 }],
  }),
  key: printable(200)
    .optional()
    .meta({ description: 'Endpoints with ordering `fifo` get events of one key in their order.', examples: ['A-1'] }),
  id: printable(200)
    .optional()
    .meta({
      description: 'Your own id of the event: sent again, nothing is published twice. Default: the Idempotency-Key.',
      examples: ['order-A-1-paid'],
    }),
  userId: UserId.optional().meta({ description: 'End user whom it is about.', examples: ['u-17'] }),
});
export type PublishBody = z.output<typeof PublishBody>;
