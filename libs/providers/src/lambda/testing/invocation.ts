import type { Principal, StandInRequest } from '@puente/integrations/testing';
import type { LambdaFunctions, RegisteredFunction } from './lambda-functions';
import { lambdaError } from './lambda-wire';

const MAX_CLIENT_CONTEXT = 3_583;
const MAX_BYTES = { RequestResponse: 6 * 1_048_576, Event: 1_048_576, DryRun: 6 * 1_048_576 } as const;

export type InvocationType = keyof typeof MAX_BYTES;

/** One Invoke, read and found to be good. */
export interface Invocation {
  readonly target: RegisteredFunction;
  readonly arn: string;
  readonly qualifier: string | undefined;
  readonly invocationType: InvocationType;
  /** Byte for byte what was sent, as text. */
  readonly payload: string;
  readonly event: unknown;
  readonly clientContext: unknown;
}

export interface Place {
  readonly principal: Principal;
  readonly region: string;
}

/** Reads an Invoke as Lambda does, and refuses what Lambda refuses. @throws AwsError */
export async function invocationOf(
  request: StandInRequest,
  functionRef: string,
  place: Place,
  functions: LambdaFunctions,
): Promise<Invocation> {
  const invocationType = header(request, 'x-amz-invocation-type') ?? 'RequestResponse';
  if (!isType(invocationType)) {
    throw lambdaError('InvalidParameterValueException', `Unsupported invocation type ${invocationType}`);
  }
  if (request.body.length > MAX_BYTES[invocationType]) {
    const most = String(MAX_BYTES[invocationType]);
    throw lambdaError(
      'RequestTooLargeException',
      `Request must be smaller than ${most} bytes for the Invoke operation`,
    );
  }
  const { target, arn, qualifier } = await functionAt(functionRef, request.query.get('Qualifier'), place, functions);
  const payload = text(request.body);
  const event = payload === '' ? {} : parsed(payload);
  return { target, arn, qualifier, invocationType, payload, event, clientContext: clientContextOf(request) };
}

const ARN = /^arn:aws[\w-]*:lambda:([a-z0-9-]+):(\d{12}):function:([\w-]+)(?::([\w$-]+))?$/;
const SHORT = /^(?:(\d{12}):(?:function:)?)?([\w-]+)(?::([\w$-]+))?$/;

/** The function a name, a partial or a whole ARN means. @throws AwsError `ResourceNotFoundException` */
export async function functionAt(
  ref: string,
  asked: string | null,
  { principal, region }: Place,
  functions: LambdaFunctions,
): Promise<{ readonly target: RegisteredFunction; readonly arn: string; readonly qualifier: string | undefined }> {
  const [, arnRegion, arnAccount, arnName, arnQualifier] = ARN.exec(ref) ?? [];
  const [, shortAccount, shortName, shortQualifier] = SHORT.exec(ref) ?? [];
  const name = arnName ?? shortName;
  if (name === undefined) throw lambdaError('InvalidParameterValueException', `Invalid function name: ${ref}`);
  const account = arnAccount ?? shortAccount ?? principal.account;
  const qualifier = asked ?? arnQualifier ?? shortQualifier;
  const plain = `arn:aws:lambda:${arnRegion ?? region}:${account}:function:${name}`;
  const arn = qualifier === undefined ? plain : `${plain}:${qualifier}`;
  if (account !== principal.account) {
    const what = `User: ${principal.arn} is not authorized to perform: lambda:InvokeFunction on resource: ${arn}`;
    throw lambdaError('AccessDeniedException', `${what} because no resource-based policy allows it`);
  }
  const target = arnRegion === undefined || arnRegion === region ? await functions.find(name) : undefined;
  const there = qualifier === undefined || qualifier === '$LATEST' || target?.qualifiers.includes(qualifier);
  if (!target || there !== true) throw lambdaError('ResourceNotFoundException', `Function not found: ${arn}`);
  return { target, arn, qualifier };
}

function clientContextOf(request: StandInRequest): unknown {
  const encoded = header(request, 'x-amz-client-context');
  if (encoded === undefined) return undefined;
  try {
    if (encoded.length > MAX_CLIENT_CONTEXT) throw new RangeError('too long');
    const context = JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')) as unknown;
    if (typeof context !== 'object' || context === null) throw new TypeError('no object');
    return context;
  } catch {
    throw lambdaError(
      'InvalidRequestContentException',
      'Client context must be a valid Base64-encoded JSON object of at most 3583 bytes.',
    );
  }
}

function text(body: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    throw lambdaError('InvalidRequestContentException', 'Could not parse request body into json: Invalid UTF-8');
  }
}

function parsed(payload: string): unknown {
  try {
    return JSON.parse(payload) as unknown;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw lambdaError('InvalidRequestContentException', `Could not parse request body into json: ${why}`);
  }
}

function isType(value: string): value is InvocationType {
  return Object.hasOwn(MAX_BYTES, value);
}

function header(request: StandInRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
