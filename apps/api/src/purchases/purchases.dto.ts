import {
  clp,
  FixtureBody,
  PurchaseRequestBody,
  PurchaseSettingsBody,
  REQUEST_STATUSES,
  ShopUserBody,
  shopId,
  TopUpBody,
  ValidationBody,
} from '@puente/flows/purchases';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { filterText, limit } from '../http/page';

const EXAMPLE = {
  request: '0190f6d3-9999-7a55-9a0e-3f6f5f0d7a11',
  token: '01ab5d4c3b2a19080706050403020100ffeeddccbbaa99887766554433221100',
} as const;

const wireId = z.union([z.int(), z.string()]).meta({ description: 'A number when it is one.' });

const requestView = {
  request_id: z.string(),
  group_id: z.string(),
  fixture_id: wireId,
  league_name: z.string(),
  round: z.string(),
  date: z.string(),
  result: z.string(),
  deposit_token: z.string().meta({ description: "Webpay's token, once there is one." }),
  datetime: z.string(),
  quantity: z.int(),
  seller: z.int(),
  user_id: z.string().nullable(),
  wallet: z.boolean(),
  status: z.enum(REQUEST_STATUSES),
  amount: z.int().meta({ description: 'Whole Chilean pesos.' }),
  created_at: z.iso.datetime(),
  updated_at: z.iso.datetime(),
};

const exampleRequest = {
  ...{ request_id: EXAMPLE.request, group_id: '15', fixture_id: 1208021, league_name: 'Primera División' },
  ...{ round: 'Regular Season - 10', date: '2026-12-05T20:00:00Z', result: '---', deposit_token: '' },
  ...{
    datetime: '2026-11-23T12:00:00Z',
    quantity: 2,
    seller: 0,
    user_id: '7',
    wallet: false,
    status: 'pending' as const,
  },
  ...{ amount: 2000, created_at: '2026-11-23T12:00:00.000Z', updated_at: '2026-11-23T12:00:00.000Z' },
};

const requestShape = z.object(requestView);

export class CreateRequest extends createZodDto(
  PurchaseRequestBody.meta({
    examples: [
      {
        ...{ group_id: '15', fixture_id: 1208021, league_name: 'Primera División', round: 'Regular Season - 10' },
        ...{ date: '2026-12-05T20:00:00Z', result: '---', deposit_token: '', datetime: '2026-11-23T12:00:00Z' },
        ...{ quantity: 2, user_id: 7, wallet: false },
      },
    ],
  }),
) {}

export class RequestAnswer extends createZodDto(
  z
    .object({ message: z.string(), request: requestShape })
    .meta({ examples: [{ message: 'Request created', request: exampleRequest }] }),
) {}

export class RequestDetail extends createZodDto(requestShape.meta({ examples: [exampleRequest] })) {}

export class RequestList extends createZodDto(
  z
    .object({ requests: z.array(requestShape), total: z.int(), page: z.int(), count: z.int() })
    .meta({ examples: [{ requests: [exampleRequest], total: 1, page: 1, count: 25 }] }),
) {}

export class RequestsQuery extends createZodDto(
  z.strictObject({
    page: z.coerce.number().int().min(1).max(1_000_000).default(1).meta({ description: 'From 1.' }),
    count: z.coerce.number().int().min(1).max(25).default(25).meta({ description: 'How many on a page.' }),
    user_id: filterText(18).optional().meta({ description: 'Only those of this user.' }),
    status: z.enum(REQUEST_STATUSES).optional().meta({ description: 'Only those that are so.' }),
  }),
) {}

export class RequestParams extends createZodDto(
  z.strictObject({ id: filterText(64).min(1).meta({ description: '`request_id` of the request.' }) }),
) {}

export class ValidateRequest extends createZodDto(
  ValidationBody.meta({ examples: [{ request_id: EXAMPLE.request, group_id: '15', seller: 0, valid: true }] }),
) {}

export class WalletQuery extends createZodDto(
  z.strictObject({
    id: shopId.optional().meta({ description: 'Of the user; may be left out with a key of one user.' }),
  }),
) {}

export class WalletBalance extends createZodDto(
  z
    .object({ billetera: z.int().meta({ description: 'Whole Chilean pesos.' }) })
    .meta({ examples: [{ billetera: 15000 }] }),
) {}

export class TopUp extends createZodDto(TopUpBody.meta({ examples: [{ user_id: 7, amount: 5000 }] })) {}

const user = z.object({ id: z.string(), billetera: z.int(), email: z.string().nullable(), name: z.string() });
const exampleUser = { id: '7', billetera: 15000, email: 'ana@example.com', name: 'Ana Núñez' };

export class WalletUser extends createZodDto(z.object({ user }).meta({ examples: [{ user: exampleUser }] })) {}

export class PutUser extends createZodDto(ShopUserBody) {}

export class UserParams extends createZodDto(
  z.strictObject({ user_id: shopId.meta({ description: "The tenant's own identity of the user." }) }),
) {}

export class FixtureParams extends createZodDto(
  z.strictObject({ fixture_id: shopId.meta({ description: 'Id of the fixture.' }) }),
) {}

export class PutFixture extends createZodDto(FixtureBody) {}

const fixture = z.object({
  ...{ fixture_id: wireId, league_name: z.string(), round: z.string(), date: z.iso.datetime() },
  units: z.int(),
  units_left: z.int(),
  unit_price: z.int().nullable().meta({ description: 'Whole Chilean pesos; null: that of the settings.' }),
});
const exampleFixture = {
  ...{ fixture_id: 1208021, league_name: 'Primera División', round: 'Regular Season - 10' },
  ...{ date: '2026-12-05T20:00:00.000Z', units: 40, units_left: 38, unit_price: null },
};

export class FixtureDetail extends createZodDto(fixture.meta({ examples: [exampleFixture] })) {}

export class FixtureList extends createZodDto(
  z
    .object({ items: z.array(fixture), next: z.string().nullable() })
    .meta({ examples: [{ items: [exampleFixture], next: null }] }),
) {}

export class FixturesQuery extends createZodDto(
  z.strictObject({ cursor: filterText(18).optional().meta({ description: '`next` of the previous page.' }), limit }),
) {}

export class PutSettings extends createZodDto(PurchaseSettingsBody) {}

export class SettingsDetail extends createZodDto(
  z
    .object({
      ...{ group_id: z.string(), request_topic: z.string(), validation_topic: z.string() },
      ...{ redirect_url: z.string().nullable(), unit_price: clp, hold_minutes: z.int() },
      ...{ mqtt: z.string(), webpay: z.string(), smtp: z.string().nullable() },
    })
    .meta({
      examples: [
        {
          ...{ group_id: '15', request_topic: 'fixtures/requests', validation_topic: 'fixtures/validation' },
          ...{ redirect_url: 'https://tienda.example/webpay', unit_price: 1000, hold_minutes: 60 },
          ...{ mqtt: 'default', webpay: 'default', smtp: 'default' },
        },
      ],
    }),
) {}

export class CreatePayment extends createZodDto(
  z
    .strictObject({
      request_id: filterText(64).min(1),
      quantity: z.int().positive().max(100_000),
      auth0Token: z.unknown().optional().meta({ description: 'Ignored.' }),
    })
    .meta({ examples: [{ request_id: EXAMPLE.request, quantity: 2 }] }),
) {}

export class CreatedPayment extends createZodDto(
  z
    .object({
      url: z.string().meta({ description: 'Where the browser is sent, with the token as `token_ws`.' }),
      token: z.string(),
    })
    .meta({
      examples: [{ url: 'https://webpay3gint.transbank.cl/webpayserver/initTransaction', token: EXAMPLE.token }],
    }),
) {}

const parameter = filterText(100).nullish();

export class CommitPayment extends createZodDto(
  z
    .strictObject({
      token: parameter.meta({ description: '`token_ws`, as the payer came back with it. Without one the payer left.' }),
      ...{ TBK_TOKEN: parameter, TBK_ORDEN_COMPRA: parameter, TBK_ID_SESION: parameter, request_id: parameter },
      auth0Token: z.unknown().optional().meta({ description: 'Ignored.' }),
    })
    .meta({ examples: [{ token: EXAMPLE.token }] }),
) {}

export class CommittedPayment extends createZodDto(
  z
    .object({
      message: z.string(),
      request_id: z.string(),
      result: z.enum(['approved', 'rejected', 'cancelled', 'pending', 'in_review']),
    })
    .meta({ examples: [{ message: 'Payment approved', request_id: EXAMPLE.request, result: 'approved' }] }),
) {}
