import { z } from 'zod';

/** A number or a numeric string, as S2 has it: kept as digits. */
export const shopId = z
  .union([z.int().nonnegative(), z.string().regex(/^\d{1,18}$/, 'expected a number or a numeric string')])
  .transform(String)
  .meta({ description: 'A number or a numeric string.', examples: ['1208021'] });

const text = (most: number) =>
  z
    .string()
    .max(most)
    .refine((given) => !given.includes('\0'), 'must not contain NUL');

/** Whole Chilean pesos. */
export const clp = z
  .int()
  .positive()
  .max(9_999_999_999)
  .meta({ description: 'Whole Chilean pesos.', examples: [1000] });

const quantity = z
  .int()
  .positive()
  .max(100_000)
  .meta({ description: 'Units.', examples: [2] });
const seller = z.int().nonnegative().max(Number.MAX_SAFE_INTEGER).default(0);

export const REQUEST_STATUSES = ['pending', 'sent', 'pending payment', 'accepted', 'rejected'] as const;
export type RequestStatus = (typeof REQUEST_STATUSES)[number];

/** Of clients that still send their user's token: accepted, and looked at by nobody (S2.0). */
const auth0Token = z.unknown().optional().meta({ description: 'Ignored: never stored, logged or answered.' });

const described = {
  group_id: shopId,
  fixture_id: shopId,
  league_name: text(200).default(''),
  round: text(200).default(''),
  date: text(64).default(''),
  result: text(200).default('---'),
  deposit_token: text(100).default(''),
  datetime: text(64).default(''),
  quantity,
  seller,
  wallet: z.boolean().default(false),
};

/** An empty one counts as none: S2's own clients send both. */
const requestId = text(64).regex(/^[\w.:-]*$/, 'expected letters, digits and . _ : -');

/** `POST /v1/requests`. */
export const PurchaseRequestBody = z.strictObject({
  ...described,
  request_id: requestId.nullish().meta({ description: "Of other groups' requests; our own get a new UUID." }),
  user_id: shopId.nullish().meta({ description: 'Who buys; only of our own group.' }),
  status: z.enum(REQUEST_STATUSES).optional().meta({ description: 'Ignored: every request begins as pending.' }),
  auth0Token,
});
export type PurchaseRequestBody = z.output<typeof PurchaseRequestBody>;

/** Other groups' requests over MQTT. They are not ours to be strict about: what is not needed is passed over. */
export const RequestMessage = z.object({ ...described, request_id: requestId.min(1) });
export type RequestMessage = z.output<typeof RequestMessage>;

/** `PATCH /v1/requests/validate`. */
export const ValidationBody = z.strictObject({
  request_id: requestId.min(1).meta({ examples: ['0190f6d3-9999-7a55-9a0e-3f6f5f0d7a11'] }),
  group_id: shopId,
  seller,
  valid: z.boolean(),
  auth0Token,
});

/** The same over MQTT. */
export const ValidationMessage = z.object({
  request_id: requestId.min(1),
  group_id: shopId,
  seller,
  valid: z.boolean(),
});
export type ValidationMessage = z.output<typeof ValidationMessage>;

/** `PUT /v1/users/wallet`. */
export const TopUpBody = z.strictObject({ user_id: shopId, amount: clp, auth0Token });

/** `PUT /v1/users/{user_id}`. */
export const ShopUserBody = z.strictObject({
  name: text(200)
    .min(1)
    .meta({ examples: ['Ana Núñez'] }),
  email: z
    .email()
    .max(254)
    .optional()
    .meta({ examples: ['ana@example.com'] }),
});

/** `PUT /v1/fixtures/{fixture_id}`. */
export const FixtureBody = z.strictObject({
  league_name: text(200).meta({ examples: ['Primera División'] }),
  round: text(200).meta({ examples: ['Regular Season - 10'] }),
  date: z.iso.datetime({ offset: true }).meta({ examples: ['2026-12-05T20:00:00Z'] }),
  units: z
    .int()
    .nonnegative()
    .max(10_000_000)
    .meta({ description: 'How many there are in all.', examples: [40] }),
  unit_price: clp.optional().meta({ description: 'CLP; left out: that of the settings.' }),
});
export type FixtureBody = z.output<typeof FixtureBody>;

const topic = z
  .string()
  .min(1)
  .max(256)
  .regex(/^[^+#\0]+$/, 'expected a topic without wildcards');
const account = z.string().regex(/^[a-z0-9][a-z0-9_-]{0,49}$/, 'expected 1 to 50 lower-case letters, digits, - or _');

/** `PUT /v1/purchases/settings`. */
export const PurchaseSettingsBody = z.strictObject({
  group_id: shopId.default('15'),
  request_topic: topic.default('fixtures/requests'),
  validation_topic: topic.default('fixtures/validation'),
  redirect_url: z
    .url({ protocol: /^https?$/ })
    .max(255)
    .optional(),
  unit_price: clp.default(1000),
  hold_minutes: z.int().min(5).max(10_080).default(60),
  mqtt: account.default('default'),
  webpay: account.default('default'),
  smtp: account.nullable().default(null).meta({ description: 'null: nobody is written to.' }),
});
export type PurchaseSettingsBody = z.output<typeof PurchaseSettingsBody>;
