import { z } from 'zod';
import { ExactDecimal, stringifyExact } from './exact-json';

/** https://www.odoo.com/documentation/19.0/developer/reference/external_api.html */

const ModelName = z
  .string()
  .regex(/^[a-z][a-z0-9_]*(\.[a-z0-9_]+)*$/, 'expected a model, as account.move')
  .max(100)
  .meta({ examples: ['account.move'] });

/** Names with a leading underscore are private in Odoo, and no route may lead there. */
const MethodName = z
  .string()
  .regex(/^[a-z][a-z0-9_]*$/, 'expected a public method')
  .max(100)
  .meta({ examples: ['create_post_move'] });

/** Half of an external id, on either side of its dot: Odoo takes the first dot for the one that divides. */
const ExternalName = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,120}$/, 'expected letters, digits, hyphens and underscores')
  .meta({ examples: ['move_txn_123'] });

const AllowedCall = z.strictObject({ model: ModelName, method: MethodName });
export type AllowedCall = z.output<typeof AllowedCall>;

export const TRANSPORTS = ['json-rpc', 'json-2'] as const;
export type TransportName = (typeof TRANSPORTS)[number];

/** The two that messages ask for, and what the recipes need. */
export const DEFAULT_ALLOWED: readonly AllowedCall[] = [
  { model: 'account.move', method: 'create_post_move' },
  { model: 'res.partner', method: 'create_finalitix_partner' },
  ...['load', 'action_post', 'search_read'].map((method) => ({ model: 'account.move', method })),
  ...['load', 'search_read'].map((method) => ({ model: 'res.partner', method })),
  ...['account.account', 'account.journal', 'res.currency', 'res.company'].map((model) => ({
    model,
    method: 'search_read',
  })),
];

export const DEFAULT_MODULE = 'puente';

export const OdooSecrets = z.strictObject({
  apiKey: z
    .string()
    .regex(/^[\x21-\x7e]{8,256}$/, 'expected the API key as Odoo showed it, without blanks')
    .meta({ description: 'API key of the bot user.' }),
});

export type OdooSecrets = z.output<typeof OdooSecrets>;

export const OdooConfig = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: 'expected an https URL' })
    .max(200)
    .refine(isBase, 'must not carry user information, a query or a fragment')
    .meta({ description: 'Address of the Odoo server.' }),
  database: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, 'expected the name of a database')
    .meta({ description: 'Its database.' }),
  login: z.string().min(1).max(200).meta({ description: 'Login of the bot user that the key belongs to.' }),
  transport: z
    .enum(['auto', ...TRANSPORTS])
    .optional()
    .meta({ description: 'Left out: auto, by what GET /web/version says; json-2 exists since Odoo 19.' }),
  workers: z.int().min(1).max(64).optional().meta({ description: 'HTTP workers of the server. Left out: 2.' }),
  concurrency: z.int().min(1).max(64).optional().meta({
    description: 'Calls at a time from one process. Left out: one less than there are workers, at least one.',
  }),
  module: ExternalName.optional().meta({
    description: 'Namespace of external ids that load writes. Left out: puente.',
  }),
  allowed: z
    .array(AllowedCall)
    .min(1)
    .max(100)
    .optional()
    .meta({ description: 'Methods that may be called. Left out: the two of the queue and those of the recipes.' }),
  apiKeyExpiresAt: z.iso
    .date()
    .optional()
    .meta({ description: 'When the key expires in Odoo: the warning to rotate it comes before that day.' }),
});

export type OdooConfig = z.output<typeof OdooConfig>;

function isBase(text: string): boolean {
  if (!URL.canParse(text)) return true;
  const { username, password, search, hash } = new URL(text);
  return [username, password, search, hash].every((part) => part === '');
}

/** JSON that keeps its digits: whole numbers are safe ones, amounts are {@link ExactDecimal}. */
const WireValue = z
  .unknown()
  .superRefine((value, context) => {
    try {
      stringifyExact(value);
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : 'is not JSON' });
    }
  })
  .meta({ description: 'Any JSON. An amount is {"$decimal": "1500.00"}, and those digits are sent.' });

const ids = z.array(z.int().min(1).max(2_147_483_647)).max(1_000);
const Fields = z.record(z.string().min(1).max(100), WireValue);
/** What the protocols call their own, beside the named arguments: a body with such a name would be another call. */
const RESERVED = new Set(['ids', 'context', 'model', 'method', 'db', 'uid', 'obj', 'cr', 'self']);

function isFree(name: string): boolean {
  return !RESERVED.has(name) && !name.startsWith('_');
}

const callShape = {
  model: ModelName,
  method: MethodName,
  args: z
    .array(WireValue)
    .max(20)
    .optional()
    .meta({ description: 'Arguments by position. JSON-2 has none, unless the addon carries them.' }),
  kwargs: Fields.refine(
    (named) => Object.keys(named).every(isFree),
    'names an argument that the protocols need themselves',
  )
    .optional()
    .meta({ description: 'Arguments by name.' }),
  ids: ids.optional().meta({ description: 'Records the method is called on. Left out: a method of the model itself.' }),
  context: Fields.optional().meta({ description: 'lang, tz, allowed_company_ids.' }),
};

export const Call = z.strictObject(callShape);
export type Call = z.output<typeof Call>;

export const CallOnce = z.strictObject({
  key: z
    .string()
    .regex(/^[\x21-\x7e]{1,200}$/, 'expected 1 to 200 printable characters without blanks')
    .meta({ description: 'What tells this entry from all others, for ever. Never the id of a message.' }),
  ...callShape,
});
export type CallOnce = z.output<typeof CallOnce>;

export const Result = z.object({ result: z.unknown() });

export const ResultOnce = z.object({
  duplicate: z.boolean().meta({ description: 'Whether an earlier call had the effect; the result is that call’s.' }),
  result: z.unknown(),
});
export type ResultOnce = z.output<typeof ResultOnce>;

const CellValue = z.union([z.string().max(100_000), WireNumber(), z.boolean()]);
const Cells = z.record(
  z
    .string()
    .min(1)
    .max(100)
    .refine((name) => name !== 'id' && name !== '.id', 'the external id has a field of its own'),
  CellValue,
);

export const Load = z.strictObject({
  externalId: ExternalName.meta({ description: 'Name of the record in Odoo’s own table of external ids.' }),
  model: ModelName,
  fields: Cells.meta({ description: 'Field, or field/id for the external id of what it points to.' }),
  lines: z
    .strictObject({
      field: z.string().min(1).max(100),
      items: z
        .array(z.strictObject({ externalId: ExternalName, fields: Cells }))
        .min(1)
        .max(500),
    })
    .optional()
    .meta({ description: 'Rows of one list of the record, each with an external id: without, a repeat doubles them.' }),
  post: z.literal('action_post').optional().meta({ description: 'Afterwards, and only while it is a draft.' }),
  context: Fields.optional(),
});
export type Load = z.output<typeof Load>;

export const Loaded = z.object({
  id: z.int().min(1),
  posted: z.boolean().optional(),
  existed: z.boolean().meta({ description: 'Whether it was there before this call.' }),
});
export type Loaded = z.output<typeof Loaded>;

export const SearchRead = z.strictObject({
  model: ModelName,
  domain: z.array(WireValue).max(50),
  fields: z.array(z.string().min(1).max(100)).min(1).max(100),
  limit: z.int().min(1).max(1_000),
  context: Fields.optional(),
});
export type SearchRead = z.output<typeof SearchRead>;

export const Records = z.object({ records: z.array(z.record(z.string(), z.unknown())) });
export type Records = z.output<typeof Records>;

export const AskVersion = z.strictObject({});

export const Version = z.object({
  version: z.string(),
  transport: z.enum(TRANSPORTS),
  uid: z.int().min(1).optional().meta({ description: 'Who the key belongs to, where the transport tells it.' }),
});
export type Version = z.output<typeof Version>;

function WireNumber() {
  return z.union([z.number(), ExactDecimal]);
}
