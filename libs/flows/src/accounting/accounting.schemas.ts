import { z } from 'zod';
import { Currency } from './accounting-routes.schemas';

/** Digits, as a client that cannot write decimals exactly sends them. */
const DecimalText = z.string().regex(/^\d{1,18}(\.\d{1,6})?$/, 'expected digits, as 1500.00');

const Id = z.union([z.int().min(0), z.string().min(1).max(64).regex(/^[\x21-\x7e]+$/, 'expected printable ASCII without blanks')]); // prettier-ignore

/** `POST /v1/accounting/moves`: the body of S0.3, and what routes may ask for besides. */
export const MoveBody = z.strictObject({
  transaction_id: Id.meta({
    description: 'Of the transaction: what tells this entry from all others.',
    examples: [123],
  }),
  amount: z
    .union([z.number().nonnegative(), DecimalText])
    .meta({ description: 'In decimal units of the currency. Read from its digits, never as a float; text is fine too.', examples: ['1500.00'] }), // prettier-ignore
  finalitix_type: z.enum(['cargo', 'abono']).meta({ description: 'An outgoing charge, or an incoming credit.' }),
  description: z
    .string()
    .min(1)
    .max(500)
    .meta({ examples: ['Pago a proveedor'] }),
  currency: Currency.optional().meta({ description: 'Left out: that of the route.' }),
  company_id: z.int().min(1).optional().meta({ description: 'For routes that keep the order of each company.' }),
  date: z.iso.date().optional().meta({ description: 'For routes that ask for it.' }),
});

/** `POST /v1/accounting/partners`: the attributes of S0.4. */
export const PartnerBody = z.strictObject({
  accountId: z
    .union([z.int().min(0), z.string().regex(/^\d{1,18}$/, 'expected digits')])
    .meta({ description: 'Of the account that was activated.', examples: [77] }),
  finalitixUserId: z.string().min(1).max(64).regex(/^[\x21-\x7e]+$/, 'expected printable ASCII without blanks').meta({ examples: ['u-17'] }), // prettier-ignore
});
export type PartnerBody = z.output<typeof PartnerBody>;

const AnyAttribute = z.union([
  z.string().max(10_000),
  z.number(),
  z.strictObject({ DataType: z.string(), StringValue: z.string() }),
  z.strictObject({ dataType: z.string(), stringValue: z.string() }),
]);

/** `POST /v1/accounting/messages`: a message as producers of S0.3 and S0.4 write it. */
export const QueueMessageBody = z.strictObject({
  attributes: z
    .record(z.string().regex(/^[A-Za-z0-9_.-]{1,256}$/, 'expected a name of an attribute'), AnyAttribute)
    .refine((given) => Object.keys(given).length <= 10, 'SQS takes at most 10 attributes')
    .meta({
      description: 'In any of the three shapes: {DataType, StringValue}, {dataType, stringValue}, bare values.',
    }),
  body: z
    .union([z.string().max(250_000), z.record(z.string(), z.unknown())])
    .default({})
    .meta({ description: 'JSON, or its text.' }),
  groupId: z.string().regex(/^[\x21-\x7e]{1,128}$/).optional().meta({ description: 'For a FIFO queue.' }), // prettier-ignore
});

export const EntriesRouteName = z.string().max(40).regex(/^[a-z][a-z0-9-]*$/, 'expected the name of a route'); // prettier-ignore
