import { z } from 'zod';

/** Without NUL: PostgreSQL's text cannot hold it. */
const plainText = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .refine((text) => !text.includes('\0'), 'must not contain NUL');

const address = (most: number) =>
  z
    .url({ protocol: /^https?$/, error: 'expected an http or https URL' })
    .max(most)
    .refine((text) => !URL.canParse(text) || new URL(text).username === '', 'must not carry user information');

/** Whole pesos, as far as a double is exact in everybody's JSON. */
export const Pesos = z
  .int()
  .min(1)
  .max(999_999_999_999)
  .meta({ description: 'Whole Chilean pesos.', examples: [9990] });

/** `POST /v1/payments`. */
export const StartPaymentBody = z
  .strictObject({
    reference: plainText(200).meta({
      description: 'The order, in your own words. It is paid once, however often a payment of it is begun.',
    }),
    amount: Pesos,
    resultUrl: address(2_000).optional().meta({
      description: 'Where the payer is sent in the end, with `payment` and `state` added. Left out: a page of ours.',
    }),
    integration: z
      .string()
      .regex(/^[a-z0-9][a-z0-9_-]{0,49}$/, 'expected 1 to 50 lower-case letters, digits, - or _')
      .optional()
      .meta({ description: 'Which Webpay account. Left out: `default`.' }),
    buyOrderPrefix: z
      .string()
      .regex(/^[A-Za-z0-9-]{1,9}$/, 'expected 1 to 9 letters, digits and hyphens')
      .optional()
      .meta({ description: 'Begins the buy order that people see at Transbank.' }),
  })
  .meta({ examples: [{ reference: 'A-1', amount: 9990, resultUrl: 'https://shop.example/back' }] });
export type StartPaymentBody = z.output<typeof StartPaymentBody>;

/** `POST /v1/payments/{id}/refunds`. */
export const RefundBody = z
  .strictObject({ amount: Pesos.optional().meta({ description: 'Left out: all that is left.' }) })
  .meta({ examples: [{ amount: 1000 }] });
export type RefundBody = z.output<typeof RefundBody>;

/** `POST /v1/payments/{id}/capture`. */
export const CaptureBody = z
  .strictObject({ amount: Pesos.optional().meta({ description: 'Left out: all that was authorised.' }) })
  .meta({ examples: [{ amount: 9990 }] });
export type CaptureBody = z.output<typeof CaptureBody>;

/** `POST /v1/payments/{id}/resolve`. */
export const ResolvePaymentBody = z
  .strictObject({
    outcome: z.enum(['paid', 'closed', 'seen']).meta({
      description:
        '`paid`: it counts. `closed`: it does not, and the money, if there was any, is dealt with. `seen`: a flag is dealt with, the payment stays as it is.',
    }),
    note: plainText(500).optional().meta({ description: 'Why; kept in its history.' }),
  })
  .meta({ examples: [{ outcome: 'closed', note: 'Refunded in the portal of Transbank.' }] });
export type ResolvePaymentBody = z.output<typeof ResolvePaymentBody>;
