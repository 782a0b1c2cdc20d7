import {
  CaptureBody,
  PAYMENT_STATES,
  Pesos,
  RefundBody,
  ResolvePaymentBody,
  StartPaymentBody,
} from '@puente/flows/payments';
import { createZodDto } from 'nestjs-zod';
import { z } from 'zod';
import { flag } from '../http/flag';
import { since, until } from '../http/instant';
import { filterText, limit, someOf } from '../http/page';

const EXAMPLE = {
  payment: '0190f6d2-7c1e-7a55-9a0e-3f6f5f0d7a11',
  refund: '0190f6d2-7c1e-7a55-9a0e-3f6f5f0d7a12',
  event: '0190f6d2-7c1e-7a55-9a0e-3f6f5f0d7a13',
  token: '01ab5218d2d0a1b8a1b1d6c7e1bd4d0f8f1e0b6f6a3b4c1d2e3f405162738495',
};

export class StartPayment extends createZodDto(StartPaymentBody) {}
export class RefundRequest extends createZodDto(RefundBody) {}
export class CaptureRequest extends createZodDto(CaptureBody) {}
export class ResolvePayment extends createZodDto(ResolvePaymentBody) {}

export class PaymentParams extends createZodDto(
  z.strictObject({ id: z.uuid().toLowerCase().meta({ description: 'Id of a payment.' }) }),
) {}

export class PaymentsQuery extends createZodDto(
  z.strictObject({
    state: someOf(PAYMENT_STATES).optional().meta({ description: 'Only those in these states, with commas.' }),
    reference: filterText(200).optional().meta({ description: 'Only those of this order.' }),
    needsReview: flag.optional().meta({ description: 'true: only those a person has to look at.' }),
    since,
    until,
    cursor: z.uuid().toLowerCase().optional().meta({ description: '`next` of the previous page.' }),
    limit,
  }),
) {}

export class ConciliationQuery extends createZodDto(
  z.strictObject({
    date: z.iso.date().meta({ description: 'A day in Chile.', examples: ['2026-11-23'] }),
    format: z.enum(['json', 'csv']).default('json').meta({ description: 'csv: a file, with the same columns.' }),
  }),
) {}

const time = z.iso.datetime();
const view = {
  id: z.uuid(),
  reference: z.string(),
  buyOrder: z.string().meta({ description: 'What people at Transbank find it by.' }),
  amount: Pesos,
  currency: z.literal('CLP'),
  state: z.enum(PAYMENT_STATES),
  reason: z.string().nullable().meta({ description: 'Why, where the state alone does not say.' }),
  review: z.string().nullable().meta({ description: 'What a person has to look at; null: nothing.' }),
  authorizationCode: z.string().nullable(),
  paymentType: z.string().nullable().meta({ description: 'VD debit, VP prepaid, VN, VC, SI, S2 and NC credit.' }),
  cardLast4: z.string().nullable(),
  installments: z.int().nullable(),
  responseCode: z.int().nullable(),
  refundedAmount: z.int(),
  capturedAmount: z.int().nullable(),
  integration: z.string(),
  committedAt: time.nullable().meta({ description: 'When the approval or refusal reached us.' }),
  expiresAt: time,
  createdAt: time,
  updatedAt: time,
};

const example = {
  id: EXAMPLE.payment,
  reference: 'A-1',
  buyOrder: 'pnt-k3v7q2ahd5xw4m6z',
  amount: 9990,
  currency: 'CLP' as const,
  state: 'paid' as const,
  reason: null,
  review: null,
  authorizationCode: '1213',
  paymentType: 'VN',
  cardLast4: '6623',
  installments: 0,
  responseCode: 0,
  refundedAmount: 0,
  capturedAmount: null,
  integration: 'default',
  committedAt: '2026-11-23T12:01:00.000Z',
  expiresAt: '2026-11-23T12:45:00.000Z',
  createdAt: '2026-11-23T12:00:00.000Z',
  updatedAt: '2026-11-23T12:01:00.000Z',
};
const blank = {
  ...{ authorizationCode: null, paymentType: null, cardLast4: null, installments: null, responseCode: null },
  ...{ committedAt: null, updatedAt: '2026-11-23T12:00:00.000Z' },
};

const payment = z.object(view).meta({ examples: [example] });

export class Payment extends createZodDto(payment) {}

export class StartedPayment extends createZodDto(
  z
    .object({
      ...view,
      url: z.url().meta({ description: 'Webpay’s page: a form posts the token there, as `token_ws`.' }),
      token: z.string(),
      redirectUrl: z.url().meta({ description: 'The same as one address.' }),
      formExpiresAt: time.meta({ description: 'Until when the payer should be done; Webpay keeps the clock.' }),
      reused: z.boolean().meta({ description: 'An earlier request began it, minutes ago.' }),
    })
    .meta({
      examples: [
        {
          ...example,
          ...blank,
          state: 'pending',
          url: 'https://webpay3gint.transbank.cl/webpayserver/initTransaction',
          token: EXAMPLE.token,
          redirectUrl: `https://webpay3gint.transbank.cl/webpayserver/initTransaction?token_ws=${EXAMPLE.token}`,
          formExpiresAt: '2026-11-23T12:04:00.000Z',
          reused: false,
        },
      ],
    }),
) {}

export class PaymentPage extends createZodDto(z.object({ items: z.array(payment), next: z.string().nullable() })) {}

export class PaymentDetail extends createZodDto(
  z
    .object({
      ...view,
      history: z
        .array(
          z.object({
            id: z.uuid(),
            type: z.string(),
            from: z.enum(PAYMENT_STATES).nullable(),
            to: z.enum(PAYMENT_STATES).nullable(),
            data: z.record(z.string(), z.unknown()),
            at: time,
          }),
        )
        .meta({ description: 'Everything that was learnt about it or done with it, oldest first.' }),
    })
    .meta({
      examples: [
        {
          ...example,
          history: [
            {
              id: EXAMPLE.event,
              type: 'payment.state_changed',
              from: 'committing',
              to: 'paid',
              data: { event: 'approved', source: 'commit', responseCode: 0 },
              at: '2026-11-23T12:01:00.000Z',
            },
          ],
        },
      ],
    }),
) {}

const refund = z
  .object({
    id: z.uuid(),
    paymentId: z.uuid(),
    amount: Pesos,
    balanceBefore: z.int(),
    state: z
      .enum(['requested', 'unknown', 'done', 'refused'])
      .meta({ description: '`unknown`: its answer was lost; it is found out, and never asked for again.' }),
    kind: z.enum(['REVERSED', 'NULLIFIED']).nullable(),
    authorizationCode: z.string().nullable(),
    responseCode: z.int().nullable(),
    problem: z.string().nullable().meta({ description: 'Why it is not done.' }),
    operationId: z.uuid(),
    createdAt: time,
    settledAt: time.nullable(),
  })
  .meta({
    examples: [
      {
        ...{
          id: EXAMPLE.refund,
          paymentId: EXAMPLE.payment,
          amount: 1000,
          balanceBefore: 9990,
          state: 'done' as const,
        },
        ...{ kind: 'NULLIFIED' as const, authorizationCode: '123456', responseCode: 0, problem: null },
        operationId: EXAMPLE.refund,
        ...{ createdAt: '2026-11-24T09:00:00.000Z', settledAt: '2026-11-24T09:00:01.000Z' },
      },
    ],
  });

export class Refund extends createZodDto(refund) {}

export class RefundList extends createZodDto(z.object({ items: z.array(refund) })) {}

const line = z.object({
  kind: z.enum(['sale', 'refund']),
  buyOrder: z.string(),
  authorizationCode: z.string().nullable(),
  amount: z.int().meta({ description: 'Of a refund negative.' }),
  accountingDate: z.string().nullable().meta({ description: 'MMDD.' }),
  at: time,
  paymentType: z.string().nullable(),
  installments: z.int().nullable(),
  cardLast4: z.string().nullable(),
  reference: z.string(),
  paymentId: z.uuid(),
  state: z.enum(PAYMENT_STATES),
});

export class ConciliationDay extends createZodDto(
  z.object({ date: z.iso.date(), currency: z.literal('CLP'), items: z.array(line), total: z.int() }).meta({
    examples: [
      {
        date: '2026-11-23',
        currency: 'CLP' as const,
        items: [
          {
            ...{ kind: 'sale' as const, buyOrder: example.buyOrder, authorizationCode: '1213', amount: 9990 },
            ...{ accountingDate: '1123', at: '2026-11-23T12:01:00.000Z', paymentType: 'VN', installments: 0 },
            ...{ cardLast4: '6623', reference: 'A-1', paymentId: EXAMPLE.payment, state: 'paid' as const },
          },
        ],
        total: 9990,
      },
    ],
  }),
) {}

const returned = z
  .union([z.string().max(10_000), z.array(z.string().max(10_000)).max(10)])
  .optional()
  .meta({ description: 'As Webpay sends it. It decides nothing.' });

/** Anything else that comes along is somebody else's: a return must not fail for it. */
export class ReturnFields extends createZodDto(
  z
    .object({ token_ws: returned, TBK_TOKEN: returned, TBK_ORDEN_COMPRA: returned, TBK_ID_SESION: returned })
    .meta({ examples: [{ token_ws: EXAMPLE.token }] }),
) {}

export class ReturnParams extends createZodDto(
  z.strictObject({
    secret: filterText(64)
      .min(1)
      .meta({ description: '128 random bits in hexadecimal.', examples: ['5f0d7a110190f6d27c1e7a559a0e3f6f'] }),
  }),
) {}
