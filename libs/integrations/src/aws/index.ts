export { withAnswerLimit } from './answer-limit';
export type { BatchAnswer, BatchFailure } from './aws-batch';
export { settleBatch } from './aws-batch';
export { AwsConnection } from './aws-connection';
export { AwsConfig, AwsSecrets } from './aws-connection.schemas';
export type { AwsErrorMeaning } from './aws-error-codes';
export { AwsCallRefusedError, AwsCredentialsIncompleteError, AwsRoleNotAssumedError } from './aws-errors';
export type { AwsKeys } from './aws-client-config';
export { classifyAwsError } from './classify-aws-error';
export {
  AwsBatchEntryId,
  AwsBatchFailure,
  AwsMessageAttribute,
  AwsToken,
  attributeValues,
  awsBatchProblems,
  awsMessageAttributes,
  awsToken,
  utf8Text,
} from './aws-message.schemas';
export type { AwsAttributeValue } from './aws-message.schemas';
export { platformIdentity } from './platform-identity';
export { awsCredentialEnv, awsKeyErrors, awsUnansweredErrors } from './aws-credential-texts';
