import { z } from 'zod';
import { FIELD_PATH, isTemplate } from './templates';

export const ENTRY_KINDS = ['move', 'partner'] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];

/** How an entry is kept from being posted twice; see docs/accounting.md. */
export const VIAS = ['ledger', 'native', 'load', 'unsafe'] as const;
export type Via = (typeof VIAS)[number];

const Model = z
  .string()
  .max(100)
  .regex(/^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$/, 'expected a model, as account.move');
const Method = z
  .string()
  .max(100)
  .regex(/^[a-z][a-z0-9_]*$/, 'expected a public method, as create_post_move');
export const Currency = z
  .string()
  .regex(/^[A-Z]{3}$/, 'expected a currency of ISO 4217, as MXN')
  .meta({ examples: ['MXN'] });
const Path = z.string().regex(FIELD_PATH, 'expected body.<field> or attributes.<name>');
const Template = z
  .string()
  .min(1)
  .max(200)
  .refine(isTemplate, 'expected text with {body.<field>}, {attributes.<name>} or {message.groupId} in it');
/** Keys go to Odoo as they are, and logs quote them. */
const KeyTemplate = Template.regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without blanks');
const FieldName = z
  .string()
  .max(100)
  .regex(/^[a-z][a-z0-9_]*(\/\.?id)?$/, 'expected a field of Odoo, as ref or partner_id/id');

/** Which record of Odoo is meant: by its number, its external id, or as people find it. */
const Reference = z
  .union([
    z.strictObject({ id: z.int().min(1).max(2_147_483_647) }),
    z.strictObject({ externalId: z.string().max(200).regex(/^[A-Za-z0-9_-]+\.[A-Za-z0-9_.-]+$/, 'expected module.name') }), // prettier-ignore
    z.strictObject({ name: z.string().min(1).max(200) }),
  ])
  .meta({
    description: 'By number, external id, or name or code.',
    examples: [{ externalId: 'l10n_mx.cuenta102_01' }],
  });
export type Reference = z.output<typeof Reference>;

const Sides = z.strictObject({ debit: Reference, credit: Reference });
const Values = z
  .record(FieldName, z.union([Template, z.int(), z.boolean()]))
  .meta({ description: 'Fields of the record; text may name fields of the message.' });

const LoadMove = z.strictObject({
  model: z.literal('account.move'),
  journal: Reference,
  cargo: Sides.meta({ description: 'Accounts of an outgoing charge.' }),
  abono: Sides.meta({ description: 'Accounts of an incoming credit.' }),
  fields: Values.default({ ref: '{body.transaction_id}' }),
  label: Template.default('{body.transaction_id}').meta({ description: 'Label of both lines.' }),
});
const LoadPartner = z.strictObject({ model: z.literal('res.partner'), fields: Values });
export const LoadRecipe = z.discriminatedUnion('model', [LoadMove, LoadPartner]);
export type LoadMove = z.output<typeof LoadMove>;
export type LoadRecipe = z.output<typeof LoadRecipe>;

const Bind = z.strictObject({
  style: z
    .string()
    .max(120)
    .regex(
      /^(kwargs|dict:[a-z_][a-z0-9_]*|recordset(:[a-z_][a-z0-9_]*)?)$/,
      'expected kwargs, dict:<param>, recordset or recordset:<param>',
    ) // prettier-ignore
    .meta({ examples: ['kwargs'] }),
  from: z.array(z.enum(['body', 'attributes'])).min(1).max(2), // prettier-ignore
  omit: z.array(z.string().min(1).max(100)).max(100).default([]),
});
export type Bind = z.output<typeof Bind>;

const Amount = z.strictObject({
  path: Path.meta({ examples: ['body.amount'] }),
  currency: Currency,
  currencyPath: Path.optional().meta({ description: 'Where a message names another currency.' }),
  as: z.enum(['number', 'string']).default('number').meta({ description: 'How the method wants it. Both are exact.' }),
});

const Scalar = z.union([z.string().max(200), z.int(), z.boolean()]);
const Context = z.record(z.string().regex(/^[a-z][a-z0-9_]{0,63}$/), z.union([Scalar, z.array(Scalar).max(100)]));

export const AccountingRoute = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,39}$/, 'expected lower-case letters, digits and hyphens, at most 40')
    .meta({ description: 'Part of every key: a route of another name does not know what this one posted.' }),
  kind: z.enum(ENTRY_KINDS),
  match: z.strictObject({
    model: Model,
    method: Method,
    where: z
      .record(Path, z.string().max(200))
      .optional()
      .meta({ description: 'Only messages with these fields; the first route that fits is taken.' }),
  }),
  call: z
    .strictObject({ model: Model, method: Method })
    .optional()
    .meta({ description: 'What is called in Odoo. Left out: model and method of `match`.' }),
  bind: Bind.optional(),
  key: KeyTemplate.optional().meta({ description: 'What tells entries apart, for ever. Needed unless via is unsafe.' }),
  via: z.enum(VIAS),
  context: Context.default({ lang: 'en_US' }),
  integration: z.string().min(1).max(100).default('default').meta({ description: 'Which odoo account of the tenant.' }),
  order: Template.optional().meta({
    description: 'Entries for which this is the same go one after the other, as they came. Left out: in any order.',
    examples: ['{body.company_id}'],
  }),
  headOfLine: z.enum(['skip', 'wait', 'park']).default('wait').meta({ description: 'What a bad end does to the next in order.' }), // prettier-ignore
  amount: Amount.optional(),
  reference: Template.optional().meta({ description: 'By what people look for an entry.' }),
  load: LoadRecipe.optional(),
});
export type AccountingRoute = z.output<typeof AccountingRoute>;

/** `PUT /v1/accounting/routes` */
export const AccountingRoutesBody = z.strictObject({
  routes: z.array(AccountingRoute).min(1).max(50),
  version: z.int().min(0).optional().meta({ description: 'The version that this replaces; another one is refused.' }),
});
export type AccountingRoutesBody = z.output<typeof AccountingRoutesBody>;
