import { createHash } from 'node:crypto';
import { z } from 'zod';

/** Group and deduplication ids of SQS and SNS: 1 to 128 letters, digits and ASCII punctuation. */
const TOKEN = /^[A-Za-z0-9!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]{1,128}$/;

export const AwsToken = z
  .string()
  .regex(TOKEN, 'expected 1 to 128 letters, digits and ASCII punctuation')
  .meta({ examples: ['customer-4711'] });

/** An id AWS accepts, equal for equal keys: the key itself where it fits, else its SHA-256. */
export function awsToken(key: string): string {
  return TOKEN.test(key) ? key : createHash('sha256').update(key).digest('hex');
}

export const AwsBatchEntryId = z
  .string()
  .regex(/^[\w-]{1,80}$/, 'expected 1 to 80 letters, digits, hyphens and underscores');

/** An entry of a batch that was not taken. `unknown`: it may have been, all the same. */
export const AwsBatchFailure = z.object({
  id: z.string(),
  code: z.string(),
  message: z.string().optional(),
  outcome: z.enum(['rejected', 'throttled', 'unauthorized', 'unknown']),
});

/** What is wrong with a batch as a whole: ids that repeat, and more than its entries may weigh together, in UTF-8. */
export function awsBatchProblems(
  entries: readonly { readonly id: string }[],
  bodies: readonly string[],
  maxBytes: number,
): string[] {
  const problems: string[] = [];
  if (new Set(entries.map(({ id }) => id)).size < entries.length) problems.push('each entry needs an id of its own');
  if (bodies.reduce((sum, body) => sum + Buffer.byteLength(body), 0) > maxBytes) {
    problems.push(`together at most ${String(maxBytes)} bytes`);
  }
  return problems;
}

const NAME = /^(?!aws\.|amazon\.)(?!\.)(?!.*\.\.)[\w.-]{1,256}(?<!\.)$/i;
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/;

/** `value` is text; of a `Binary` attribute, its base64. A type may carry a label of one's own: `Number.int`. */
export const AwsMessageAttribute = z
  .strictObject({
    type: z.string().regex(/^(String|Number|Binary)(\.[\w.-]{1,240})?$/, 'expected String, Number or Binary'),
    value: z.string().min(1),
  })
  .refine(({ type, value }) => !type.startsWith('Number') || NUMBER.test(value), {
    path: ['value'],
    error: 'expected a number',
  })
  .refine(({ type, value }) => !type.startsWith('Binary') || isBase64(value), {
    path: ['value'],
    error: 'expected base64',
  });

export type AwsMessageAttribute = z.output<typeof AwsMessageAttribute>;

/** @param max what is left of the ten that a message may carry */
export function awsMessageAttributes(max: number) {
  return z
    .record(
      z.string().regex(NAME, 'expected a name AWS allows: letters, digits, _ - . and no AWS. before it'),
      AwsMessageAttribute,
    )
    .refine((attributes) => Object.keys(attributes).length <= max, {
      error: `expected at most ${String(max)} attributes`,
    })
    .meta({ examples: [{ origin: { type: 'String', value: 'orders' } }] });
}

/** The attribute as both services take it. */
export function attributeValue({ type, value }: AwsMessageAttribute): AwsAttributeValue {
  return type.startsWith('Binary')
    ? { DataType: type, BinaryValue: Buffer.from(value, 'base64') }
    : { DataType: type, StringValue: value };
}

export interface AwsAttributeValue {
  DataType: string;
  StringValue?: string;
  BinaryValue?: Uint8Array;
}

export function attributeValues(
  attributes: Readonly<Record<string, AwsMessageAttribute>>,
): Record<string, AwsAttributeValue> {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, attributeValue(value)]));
}

/** Text of at most so many bytes of UTF-8 that has a UTF-8 form at all: a lone surrogate would be sent as another text. */
export function utf8Text(maxBytes: number) {
  return z
    .string()
    .min(1)
    .refine((text) => Buffer.byteLength(text) <= maxBytes, {
      error: `expected at most ${String(maxBytes)} bytes of UTF-8`,
    })
    .refine((text) => !LONE_SURROGATE.test(text), { error: 'expected well-formed Unicode' });
}

const LONE_SURROGATE = /\p{Surrogate}/u;

function isBase64(text: string): boolean {
  return Buffer.from(text, 'base64').toString('base64') === text;
}
