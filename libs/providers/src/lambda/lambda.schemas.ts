import { AwsConfig, AwsSecrets, utf8Text } from '@puente/integrations';
import type { JsonValue } from '@puente/kernel';
import { z } from 'zod';
import { functionNameProblem, NAME } from './function-name';

export const LambdaSecrets = AwsSecrets;

const PlainName = z
  .string()
  .regex(NAME, 'expected 1 to 64 letters, digits, hyphens and underscores')
  .meta({ examples: ['finalitix-contact'] });

export const LambdaConfig = AwsConfig.extend({
  environment: z
    .string()
    .regex(/^[\w-]{1,32}$/, 'expected a short name such as prod')
    .optional()
    .meta({ description: 'What function names end with, after a hyphen. The name of the installation when left out.' }),
  probeFunctionName: PlainName.optional().meta({
    description:
      'Function whose invocation is tried with DryRun to prove the credentials, without its environment. Without it they are proven by reading the account settings.',
  }),
});

export type LambdaConfig = z.output<typeof LambdaConfig>;

/** The quotas of both kinds of invocation: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html */
const MAX_PAYLOAD_BYTES = { RequestResponse: 6 * 1_048_576, Event: 1_048_576 } as const;

const functionFields = {
  functionName: z
    .string()
    .min(1)
    .max(170)
    .meta({
      description:
        'Name without its environment, which is added after a hyphen; with nameIncludesEnv the whole name, or an ARN.',
      examples: ['finalitix-contact'],
    }),
  nameIncludesEnv: z.boolean().default(false).meta({ description: 'The name is used as it is.' }),
  qualifier: z
    .string()
    .regex(/^(\$LATEST|[\w-]{1,128})$/, 'expected a version, an alias or $LATEST')
    .optional()
    .meta({ description: 'Version or alias.', examples: ['live'] }),
};

/**
 * Any JSON value but whole numbers beyond ±(2^53 − 1): reading the request has already changed the digits of those, and
 * what arrives must be what was given. Such numbers travel as text.
 */
const Payload = z
  .unknown()
  .refine(keepsItsDigits, { error: 'whole numbers beyond 2^53 - 1 lose digits: send them as text' })
  .transform((value) => value as JsonValue)
  .meta({
    description: 'What the function gets, as it is: key order included.',
    examples: [{ user_id: '15', message: 'Su pago fue recibido' }],
  });

function keepsItsDigits(value: unknown): boolean {
  if (typeof value === 'number') return !Number.isInteger(value) || Number.isSafeInteger(value);
  return typeof value !== 'object' || value === null || Object.values(value).every(keepsItsDigits);
}

/** For whoever passes a payload on: what reading and writing it again would change arrives as well. */
const PayloadText = utf8Text(MAX_PAYLOAD_BYTES.RequestResponse).refine(isJson, 'expected JSON').meta({
  description: 'In place of payload: the same as JSON text, which arrives byte for byte.',
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

export const Invoke = z
  .strictObject({
    ...functionFields,
    invocationType: z.enum(['RequestResponse', 'Event']).default('RequestResponse').meta({
      description: 'RequestResponse waits for what the function answers; Event hands the payload over and goes on.',
    }),
    payload: Payload.optional(),
    payloadText: PayloadText.optional(),
  })
  .superRefine((input, context) => {
    const problem = functionNameProblem(input);
    if (problem !== undefined) context.addIssue({ code: 'custom', path: ['functionName'], message: problem });
    const payload = payloadProblem(input);
    if (payload !== undefined) context.addIssue({ code: 'custom', path: ['payload'], message: payload });
  });

export type Invoke = z.output<typeof Invoke>;

type GivenPayload = Pick<Invoke, 'invocationType' | 'payload' | 'payloadText'>;

function payloadProblem(input: GivenPayload): string | undefined {
  if (input.payload === undefined && input.payloadText === undefined)
    return 'expected a JSON value; null when there is nothing to say';
  if (input.payload !== undefined && input.payloadText !== undefined)
    return 'expected payload or payloadText, not both';
  const max = MAX_PAYLOAD_BYTES[input.invocationType];
  if (Buffer.byteLength(wirePayload(input)) <= max) return undefined;
  return `expected at most ${String(max)} bytes of JSON for ${input.invocationType}`;
}

/** As it is sent. */
export function wirePayload({ payload = null, payloadText }: Omit<GivenPayload, 'invocationType'>): string {
  return payloadText ?? JSON.stringify(payload);
}

const functionName = z.string().min(1).meta({ description: 'The name that was called, environment included.' });

/** Lambda's answers carry a request id. What has none was not answered by Lambda. */
const requestId = z
  .string()
  .min(1)
  .meta({ description: 'Id of the invocation; the function sees the same in its context.' });

export const Invoked = z.object({
  statusCode: z.literal([200, 202]).meta({ description: '200: the function answered. 202: it will be run.' }),
  functionName,
  requestId,
  executedVersion: z.string().optional(),
  payload: z.unknown().optional().meta({
    description:
      'What the function answered: parsed, or as text when it is not JSON, has whole numbers beyond 2^53 - 1 or more than 100 levels. Only with RequestResponse.',
  }),
});

export const FunctionRef = z.strictObject(functionFields).superRefine((input, context) => {
  const problem = functionNameProblem(input);
  if (problem !== undefined) context.addIssue({ code: 'custom', path: ['functionName'], message: problem });
});

export type FunctionRef = z.output<typeof FunctionRef>;

/** Of a configuration, what is about calling the function. Its environment variables are secrets more often than not. */
export const FunctionConfiguration = z.object({
  functionName,
  functionArn: z.string().min(1),
  version: z.string().optional(),
  runtime: z.string().optional(),
  state: z.string().optional().meta({ description: 'Active, Pending, Inactive, Failed …' }),
  lastUpdateStatus: z.string().optional(),
  timeoutSeconds: z.int().optional().meta({ description: 'After which Lambda ends the function.' }),
  memoryMb: z.int().optional(),
  lastModified: z.string().optional(),
});

export const CheckAccess = z.strictObject({ functionName: PlainName.optional() });

export const Access = z.object({ proof: z.enum(['DryRun', 'GetAccountSettings']), requestId });
