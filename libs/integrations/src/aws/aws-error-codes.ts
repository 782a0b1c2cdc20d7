/** What a code of AWS means for the call. `refused`: proof that nothing was done, worth trying again. */
export type AwsErrorMeaning = 'throttled' | 'unauthorized' | 'forbidden' | 'rejected' | 'refused' | 'timeout' | 'reset';

const all = <M extends AwsErrorMeaning>(meaning: M, codes: readonly string[]): Record<string, M> =>
  Object.fromEntries(codes.map((code) => [code, meaning]));

/**
 * Codes that mean the same in every service, by the names of both protocols.
 * https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
 *
 * `ServiceUnavailable` (503) and `InternalFailure` (500) are not here: AWS says of neither that the request was not
 * carried out, so they are `unknown` by their status.
 */
export const COMMON_CODES: Readonly<Record<string, AwsErrorMeaning>> = {
  // Who we are: the key, its session or its signature is wrong. Only the tenant can mend it.
  ...all('unauthorized', [
    'AccountProblem',
    'AuthFailure',
    'ExpiredToken',
    'ExpiredTokenException',
    'IncompleteSignature',
    'IncompleteSignatureException',
    'InvalidAccessKeyId',
    'InvalidClientTokenId',
    'InvalidSecurity',
    'InvalidSecurityException',
    'InvalidSignature',
    'InvalidSignatureException',
    'InvalidToken',
    'MissingAuthenticationToken',
    'MissingAuthenticationTokenException',
    'NotSignedUp',
    'OptInRequired',
    'SignatureDoesNotMatch',
    'SubscriptionRequiredException',
    'TokenRefreshRequired',
    'UnrecognizedClientException',
  ]),
  // What we may do: see `forbidden` in the classification.
  ...all('forbidden', [
    'AccessDenied',
    'AccessDeniedException',
    'AuthorizationError',
    'AuthorizationErrorException',
    'NotAuthorized',
    'UnauthorizedOperation',
  ]),
  ...all('throttled', [
    'BandwidthLimitExceeded',
    'KMSThrottling',
    'KMSThrottlingException',
    'KmsThrottled',
    'PriorRequestNotComplete',
    'RequestLimitExceeded',
    'RequestThrottled',
    'RequestThrottledException',
    'SlowDown',
    'Throttled',
    'ThrottledException',
    'Throttling',
    'ThrottlingException',
    'TooManyRequestsException',
  ]),
  // Our clock is off, not the tenant's key. The SDK corrects itself by the answer's Date; the next try is signed anew.
  ...all('refused', ['RequestExpired', 'RequestInTheFuture', 'RequestTimeTooSkewed']),
  ...all('timeout', ['RequestTimeout', 'RequestTimeoutException']),
  ...all('reset', ['RequestAborted', 'RequestAbortedException']),
};

/** A key that encrypts a queue or a topic: about that resource, so refusing must not pause everything else. */
const KMS_CODE = /^kms/i;

/** @param codes the service's own codes; they win */
export function meaningOf(
  code: string,
  codes: Readonly<Record<string, AwsErrorMeaning>> = {},
): AwsErrorMeaning | undefined {
  if (Object.hasOwn(codes, code)) return codes[code];
  if (Object.hasOwn(COMMON_CODES, code)) return COMMON_CODES[code];
  return KMS_CODE.test(code) ? 'rejected' : undefined;
}

export const EXPIRED_SESSION_CODES: ReadonlySet<string> = new Set(['ExpiredToken', 'ExpiredTokenException']);
