import type { z } from 'zod';
import type { StandInRequest } from '../stand-in/stand-in.port';
import type { Principal } from './aws-access';
import type { AwsError, AwsErrorShape } from './aws-error';
import type { Fields } from './query-shapes';

export interface AwsCall {
  readonly operation: string;
  readonly region: string;
  readonly principal: Principal;
  readonly request: StandInRequest;
}

export interface AwsResult {
  readonly output: Readonly<Record<string, unknown>>;
  readonly undelivered?: () => Promise<void>;
}

/** One operation, whatever protocol it came by: both end in the same input and start from the same output. */
export interface AwsOperation {
  readonly queryInput: Fields;
  readonly queryOutput: Fields;
  readonly run: (call: AwsCall, input: unknown) => Promise<AwsResult>;
}

export interface AwsService {
  /** The stand-in's id and the service in the credential scope. */
  readonly id: string;
  /** `AmazonSQS` of `X-Amz-Target: AmazonSQS.SendMessage`; absent when the service has no JSON protocol. */
  readonly jsonTarget?: string;
  readonly apiVersion: string;
  readonly xmlNamespace: string;
  readonly operations: Readonly<Record<string, AwsOperation>>;
  /** The service's own shape of an error code, for faults that name one. */
  readonly errorShape: (code: string, status: number) => AwsErrorShape;
  /** What the address itself says in the Query protocol: SQS takes the queue from it. */
  readonly queryInputOf?: (request: StandInRequest) => Readonly<Record<string, unknown>>;
  /** The code of a fault that orders nothing but a status, where the service has its own for it. */
  readonly codeOfStatus?: Readonly<Record<number, string>>;
}

/** How a service words that a parameter is missing or of the wrong type. */
export type BadParameter = (parameter: string, missing: boolean) => AwsError;

/** Binds an operation to the schema of its input; what does not fit is refused in the service's words. */
export function awsOperation<Input>(definition: {
  readonly input: z.ZodType<Input>;
  readonly queryInput?: Fields;
  readonly queryOutput?: Fields;
  readonly badParameter: BadParameter;
  readonly run: (call: AwsCall, input: Input) => Promise<AwsResult>;
}): AwsOperation {
  const { input: schema, queryInput = {}, queryOutput = {}, badParameter, run } = definition;
  return {
    queryInput,
    queryOutput,
    run: (call, raw) => {
      const parsed = schema.safeParse(raw);
      if (parsed.success) return run(call, parsed.data);
      const issue = parsed.error.issues[0];
      const path = issue?.path ?? [];
      const parameter = path.map(String).join('.');
      throw badParameter(parameter, valueAt(raw, path) === undefined);
    },
  };
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (level, step) =>
      typeof level === 'object' && level !== null ? (level as Record<PropertyKey, unknown>)[step] : undefined,
    value,
  );
}
