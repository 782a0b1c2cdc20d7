import { AppError } from '@puente/kernel';

export interface AwsErrorShape {
  /** `__type` of the JSON protocol, with its namespace. */
  readonly type: string;
  /** `Code` of the Query protocol, and of `x-amzn-query-error`. */
  readonly queryCode: string;
  readonly status: number;
  readonly fault: 'Sender' | 'Receiver';
}

/** A refusal the way AWS words it; the protocol of the request decides how it is written. */
export class AwsError extends AppError {
  readonly code = 'STAND_IN_REFUSED';

  constructor(
    readonly shape: AwsErrorShape,
    message: string,
  ) {
    super(message);
  }
}

/** Errors any AWS service may answer before it looks at the operation: query code → name in JSON, status, text. */
const COMMON = {
  InvalidClientTokenId: ['UnrecognizedClientException', 403, 'The security token included in the request is invalid.'],
  ExpiredToken: ['ExpiredTokenException', 403, 'The security token included in the request is expired'],
  AccessDenied: ['AccessDeniedException', 403, 'User is not authorized to perform this action.'],
  InvalidAction: ['UnknownOperationException', 400, 'The action or operation requested is not valid.'],
  SerializationException: ['SerializationException', 400, 'The request body could not be read.'],
  ValidationError: ['ValidationException', 400, 'The request is not valid.'],
  Throttling: ['ThrottlingException', 400, 'Rate exceeded'],
  InternalFailure: ['InternalFailure', 500, 'The request processing has failed because of an unknown error.'],
  ServiceUnavailable: ['ServiceUnavailableException', 503, 'The service is unavailable. Please try again shortly.'],
} as const satisfies Record<string, readonly [string, number, string]>;

export type CommonAwsCode = keyof typeof COMMON;

export function commonAwsError(code: CommonAwsCode, message?: string): AwsError {
  const [name, status, usual] = COMMON[code];
  const fault = status >= 500 ? 'Receiver' : 'Sender';
  return new AwsError({ type: `com.amazon.coral.service#${name}`, queryCode: code, status, fault }, message ?? usual);
}

/** The code a service answers with when a fault orders nothing but a status. */
export function usualCode(status: number): string {
  if (status === 429) return 'Throttling';
  if (status === 403 || status === 401) return 'AccessDenied';
  if (status === 503) return 'ServiceUnavailable';
  return status >= 500 ? 'InternalFailure' : 'ValidationError';
}
