import { AwsError, commonAwsError } from '@puente/integrations/testing';
import type { AwsErrorShape, BadParameter } from '@puente/integrations/testing';

/**
 * Name in the JSON protocol → code in the Query protocol, where they differ, and status. From the service's model
 * (`awsQueryError` traits): https://github.com/aws/api-models-aws, service `sqs`.
 */
const SHAPES = {
  QueueDoesNotExist: ['AWS.SimpleQueueService.NonExistentQueue', 400],
  QueueNameExists: ['QueueAlreadyExists', 400],
  PurgeQueueInProgress: ['AWS.SimpleQueueService.PurgeQueueInProgress', 403],
  ReceiptHandleIsInvalid: ['ReceiptHandleIsInvalid', 404],
  MessageNotInflight: ['AWS.SimpleQueueService.MessageNotInflight', 400],
  EmptyBatchRequest: ['AWS.SimpleQueueService.EmptyBatchRequest', 400],
  TooManyEntriesInBatchRequest: ['AWS.SimpleQueueService.TooManyEntriesInBatchRequest', 400],
  BatchEntryIdsNotDistinct: ['AWS.SimpleQueueService.BatchEntryIdsNotDistinct', 400],
  BatchRequestTooLong: ['AWS.SimpleQueueService.BatchRequestTooLong', 400],
  InvalidBatchEntryId: ['AWS.SimpleQueueService.InvalidBatchEntryId', 400],
  UnsupportedOperation: ['AWS.SimpleQueueService.UnsupportedOperation', 400],
  InvalidMessageContents: ['InvalidMessageContents', 400],
  InvalidAttributeName: ['InvalidAttributeName', 400],
  InvalidAttributeValue: ['InvalidAttributeValue', 400],
  InvalidAddress: ['InvalidAddress', 404],
  OverLimit: ['OverLimit', 403],
  RequestThrottled: ['RequestThrottled', 403],
  ResourceNotFoundException: ['ResourceNotFoundException', 404],
  InvalidParameterValueException: ['InvalidParameterValue', 400],
  MissingRequiredParameterException: ['MissingParameter', 400],
} as const satisfies Record<string, readonly [string, number]>;

export type SqsErrorName = keyof typeof SHAPES;

const NAMESPACE = 'com.amazonaws.sqs';

export function sqsError(name: SqsErrorName, message: string): AwsError {
  const [queryCode, status] = SHAPES[name];
  return new AwsError({ type: `${NAMESPACE}#${name}`, queryCode, status, fault: 'Sender' }, message);
}

export function queueDoesNotExist(): AwsError {
  return sqsError('QueueDoesNotExist', 'The specified queue does not exist.');
}

/** `Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided.` */
export function invalidValue(parameter: string, value: string | number, reason: string): AwsError {
  return sqsError(
    'InvalidParameterValueException',
    `Value ${String(value)} for parameter ${parameter} is invalid. Reason: ${reason}`,
  );
}

export function missingParameter(parameter: string): AwsError {
  return sqsError('MissingRequiredParameterException', `The request must contain the parameter ${parameter}.`);
}

export const badSqsParameter: BadParameter = (parameter, missing) =>
  missing
    ? missingParameter(parameter)
    : commonAwsError('SerializationException', `The value of ${parameter} has the wrong type.`);

/** A fault may name an error by either of its names. */
export function sqsErrorShape(code: string, status: number): AwsErrorShape {
  const found = Object.entries(SHAPES).find(([name, [queryCode]]) => name === code || queryCode === code);
  const fault = status >= 500 ? 'Receiver' : 'Sender';
  return { type: `${NAMESPACE}#${found?.[0] ?? code}`, queryCode: found?.[1][0] ?? code, status, fault };
}
