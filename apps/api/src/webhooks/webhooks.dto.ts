import {
  CreateEndpointBody,
  CustomerNotificationBody,
  ORDERINGS,
  PatchEndpointBody,
  PublishBody,
  RotateSecretBody,
} from '@puente/flows/webhooks';
import { HEADS_OF_LINE } from '@puente/ledger';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { flag } from '../http/flag';
import { filterText, limit } from '../http/page';

export const EXAMPLE = {
  endpoint: '0190f6d3-6666-7a55-9a0e-3f6f5f0d7a11',
  event: '0190f6d3-7777-7a55-9a0e-3f6f5f0d7a11',
  delivery: '0190f6d3-8888-7a55-9a0e-3f6f5f0d7a11',
  kid: 'kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k',
} as const;

/** Ids are in order of time, so the last one of a page is where the next begins. */
export const idCursor = z.uuid().toLowerCase().optional().meta({ description: '`next` of the previous page.' });

export class CreateEndpoint extends createZodDto(CreateEndpointBody) {}

export class PatchEndpoint extends createZodDto(PatchEndpointBody) {}

export class RotateSecret extends createZodDto(RotateSecretBody) {}

export class EndpointParams extends createZodDto(
  z.strictObject({ id: z.uuid().toLowerCase().meta({ description: 'Id of the endpoint.' }) }),
) {}

export class EndpointsQuery extends createZodDto(
  z.strictObject({
    userId: filterText(200).optional().meta({ description: 'Only those of this end user.' }),
    enabled: flag.optional().meta({ description: 'Only those that are, or are not, enabled.' }),
    cursor: idCursor,
    limit,
  }),
) {}

const key = z.object({
  kind: z.enum(['v1', 'v1a']),
  expiresAt: z.iso.datetime().optional().meta({ description: 'When it signs no more.' }),
  kid: z.string().optional(),
  x: z.string().optional(),
});

const endpoint = {
  id: z.uuid(),
  url: z.string(),
  description: z.string(),
  eventTypes: z.array(z.string()),
  userId: z.string().nullable(),
  headerNames: z.array(z.string()).meta({ description: 'Of the headers you added; values are never shown.' }),
  ratePerSecond: z.int().nullable(),
  timeoutSeconds: z.int(),
  ordering: z.enum(ORDERINGS),
  headOfLine: z.enum(HEADS_OF_LINE),
  payloadVersion: z.int(),
  enabled: z.boolean(),
  disabledReason: z.enum(['admin', 'gone', 'failing']).nullable().meta({
    description: '`gone`: it answered 410. `failing`: nothing succeeded for five days.',
  }),
  disabledAt: z.iso.datetime().nullable(),
  failingSince: z.iso.datetime().nullable().meta({ description: 'Since when no delivery has succeeded.' }),
  signingKeys: z.array(key).meta({ description: 'What signs now; no secret among it.' }),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
};

const example = {
  id: EXAMPLE.endpoint,
  url: 'https://hooks.example.com/puente',
  description: 'Sistema de facturación',
  eventTypes: ['order.*', 'abono'],
  userId: null,
  headerNames: ['x-tenant'],
  ratePerSecond: 50,
  timeoutSeconds: 20,
  ordering: 'fifo' as const,
  headOfLine: 'skip' as const,
  payloadVersion: 1,
  enabled: true,
  disabledReason: null,
  disabledAt: null,
  failingSince: null,
  signingKeys: [{ kind: 'v1' as const }],
  createdAt: '2026-11-23T12:00:00.000Z',
  updatedAt: '2026-11-23T12:00:00.000Z',
};

export class EndpointDetail extends createZodDto(z.object(endpoint).meta({ examples: [example] })) {}

export class EndpointPage extends createZodDto(
  z.object({
    items: z.array(z.object(endpoint).meta({ examples: [example] })),
    next: z.string().nullable(),
  }),
) {}

export class EndpointSecrets extends createZodDto(
  z
    .object({
      ...endpoint,
      secrets: z
        .array(
          z.object({
            kind: z.enum(['v1', 'v1a']),
            secret: z.string().nullable().meta({ description: '`whsec_…`, of v1. Shown in this answer only.' }),
            publicKey: z.string().nullable().meta({ description: '`whpk_…`, of v1a; also at `/v1/webhooks/jwks`.' }),
          }),
        )
        .meta({ description: 'Keep them now: they are not shown again.' }),
    })
    .meta({
      examples: [
        {
          ...example,
          secrets: [{ kind: 'v1', secret: 'whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=', publicKey: null }],
        },
      ],
    }),
) {}

export class PublishEvent extends createZodDto(PublishBody) {}

export class AcceptedEvent extends createZodDto(
  z
    .object({
      id: z.uuid(),
      deliveries: z.int().meta({ description: 'To how many endpoints it goes. 0: nobody subscribed to its type.' }),
      held: z.int().meta({ description: 'Of them, to endpoints that are disabled: waiting for a replay.' }),
      replayed: z.boolean().meta({ description: 'Its id came before, with the same content: nothing was published.' }),
    })
    .meta({ examples: [{ id: EXAMPLE.event, deliveries: 2, held: 0, replayed: false }] }),
) {}

export class PublicKeysQuery extends createZodDto(
  z.strictObject({
    endpoint: z
      .uuid()
      .toLowerCase()
      .meta({ description: 'Id of the endpoint whose deliveries are verified.', examples: [EXAMPLE.endpoint] }),
  }),
) {}

export class PublicKeySet extends createZodDto(
  z
    .object({
      keys: z.array(
        z.object({
          kty: z.literal('OKP'),
          crv: z.literal('Ed25519'),
          use: z.literal('sig'),
          alg: z.literal('EdDSA'),
          kid: z.string(),
          x: z.string(),
        }),
      ),
    })
    .meta({
      examples: [
        {
          keys: [
            { kty: 'OKP', crv: 'Ed25519', use: 'sig', alg: 'EdDSA', kid: EXAMPLE.kid, x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' }, // prettier-ignore
          ],
        },
      ],
    }),
) {}

export class NotifyCustomer extends createZodDto(CustomerNotificationBody) {}

export class AcceptedCustomerNotification extends createZodDto(
  z.object({ operationId: z.uuid() }).meta({ examples: [{ operationId: EXAMPLE.delivery }] }),
) {}
