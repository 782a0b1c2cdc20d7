import type { AwsErrorShape, StandInReply, StandInRequest } from '@puente/integrations/testing';
import { AwsError } from '@puente/integrations/testing';

export type LambdaOperation = 'Invoke' | 'GetFunctionConfiguration' | 'ListFunctions' | 'GetAccountSettings';

export interface LambdaRoute {
  readonly operation: LambdaOperation;
  /** As it stands in the path: a name or an ARN. */
  readonly functionRef: string;
}

const FUNCTION = /^\/2015-03-31\/functions\/([^/]+)\/(invocations|configuration)$/;

/** The operations this stand-in knows, by method and path. https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html */
export function routeOf({ method, path }: StandInRequest): LambdaRoute | undefined {
  if (method === 'GET' && /^\/2015-03-31\/functions\/?$/.test(path))
    return { operation: 'ListFunctions', functionRef: '' };
  if (method === 'GET' && /^\/2016-08-19\/account-settings\/?$/.test(path))
    return { operation: 'GetAccountSettings', functionRef: '' };
  const [, segment = '', action] = FUNCTION.exec(path) ?? [];
  if (method === 'POST' && action === 'invocations') return { operation: 'Invoke', functionRef: decoded(segment) };
  if (method === 'GET' && action === 'configuration')
    return { operation: 'GetFunctionConfiguration', functionRef: decoded(segment) };
  return undefined;
}

/** Paths that only Lambda has, for requests that are not signed. */
export function isLambdaPath(path: string): boolean {
  return /^\/20\d\d-\d\d-\d\d\/(functions|account-settings)(\/|$)/.test(path);
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** Code → status. https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors */
const STATUS = {
  AccessDeniedException: 403,
  InvalidParameterValueException: 400,
  InvalidRequestContentException: 400,
  RequestTooLargeException: 413,
  ResourceNotFoundException: 404,
} as const satisfies Record<string, number>;

export const codeOfStatus: Readonly<Record<number, string>> = {
  400: 'InvalidParameterValueException',
  401: 'AccessDeniedException',
  403: 'AccessDeniedException',
  404: 'ResourceNotFoundException',
  409: 'ResourceConflictException',
  413: 'RequestTooLargeException',
  415: 'UnsupportedMediaTypeException',
  429: 'TooManyRequestsException',
  500: 'ServiceException',
  503: 'ServiceUnavailableException',
};

/** Errors whose text is called `message`; all others of Lambda's own call it `Message`. */
const LOWER_CASE = new Set([
  'InvalidParameterValueException',
  'InvalidRequestContentException',
  'RequestTooLargeException',
  'ResourceConflictException',
  'ResourceNotReadyException',
  'TooManyRequestsException',
  'UnsupportedMediaTypeException',
]);

export function lambdaErrorShape(code: string, status: number): AwsErrorShape {
  return { type: code, queryCode: code, status, fault: status >= 500 ? 'Receiver' : 'Sender' };
}

export function lambdaError(code: keyof typeof STATUS, message: string): AwsError {
  return new AwsError(lambdaErrorShape(code, STATUS[code]), message);
}

export function jsonAnswer(request: StandInRequest, status: number, body: unknown): StandInReply {
  return { status, headers: answerHeaders(request), body: JSON.stringify(body) };
}

export function answerHeaders(request: StandInRequest): Record<string, string> {
  return { 'content-type': 'application/json', 'x-amzn-requestid': request.id };
}

/** The error of restJson1: its name in a header, who is at fault and the text in the body. */
export function refusal(request: StandInRequest, { shape, message }: AwsError): StandInReply {
  const code = shape.type.slice(shape.type.lastIndexOf('#') + 1);
  const text = LOWER_CASE.has(code) || shape.type.includes('#') ? { message } : { Message: message };
  const body = shape.type.includes('#') ? text : { Type: shape.fault === 'Sender' ? 'User' : 'Service', ...text };
  return {
    status: shape.status,
    headers: { ...answerHeaders(request), 'x-amzn-errortype': code },
    body: JSON.stringify(body),
  };
}
