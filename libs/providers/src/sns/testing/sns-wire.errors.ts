import { AwsError } from '@puente/integrations/testing';
import type { AwsErrorShape, BadParameter } from '@puente/integrations/testing';

/** Code in XML → status. https://docs.aws.amazon.com/sns/latest/api/API_Publish.html#API_Publish_Errors and its siblings */
const STATUS = {
  InvalidParameter: 400,
  ParameterValueInvalid: 400,
  NotFound: 404,
  ResourceNotFound: 404,
  AuthorizationError: 403,
  Throttled: 429,
  InternalError: 500,
  EmptyBatchRequest: 400,
  TooManyEntriesInBatchRequest: 400,
  BatchEntryIdsNotDistinct: 400,
  BatchRequestTooLong: 400,
  InvalidBatchEntryId: 400,
} as const satisfies Record<string, number>;

export function snsErrorShape(code: string, status: number): AwsErrorShape {
  return {
    type: `com.amazonaws.sns#${code}Exception`,
    queryCode: code,
    status,
    fault: status >= 500 ? 'Receiver' : 'Sender',
  };
}

export function snsError(code: keyof typeof STATUS, message: string): AwsError {
  return new AwsError(snsErrorShape(code, STATUS[code]), message);
}

/** `Invalid parameter: Subject`. */
export function invalidParameter(what: string): AwsError {
  return snsError('InvalidParameter', `Invalid parameter: ${what}`);
}

export function topicDoesNotExist(): AwsError {
  return snsError('NotFound', 'Topic does not exist');
}

export const badSnsParameter: BadParameter = (parameter, missing) =>
  invalidParameter(missing ? `${parameter} Reason: no value for required parameter` : parameter);
