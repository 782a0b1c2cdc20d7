import type { Evidence, Failure, NotSentCause, UnknownCause } from '@puente/kernel';
import { notSent, unknown } from '@puente/kernel';
import type { CallTrace } from './aws-call-trace';
import { traceOf } from './aws-call-trace';
import type { AwsErrorMeaning } from './aws-error-codes';
import { meaningOf } from './aws-error-codes';
import type { AwsErrorParts } from './aws-error-evidence';
import { evidenceOf, partsOf } from './aws-error-evidence';
import {
  AwsBatchFailedError,
  AwsCallRefusedError,
  AwsCredentialsIncompleteError,
  AwsRoleNotAssumedError,
} from './aws-errors';
import { egressFailure } from '../http/egress-failure';
import { retryAfterMs } from '../http/retry-after';

/**
 * Turns what the AWS SDK threw into a failure (DESIGN §3). Total, and careful in one direction: only a proof makes a
 * failure `not_sent`, only an answer of AWS makes it `rejected`; all else is `unknown`.
 *
 * @param codes what the service's own codes mean, where that differs from the common ones
 */
export function classifyAwsError(error: unknown, codes: Readonly<Record<string, AwsErrorMeaning>> = {}): Failure {
  if (error instanceof AwsRoleNotAssumedError || error instanceof AwsBatchFailedError) return error.failure;
  if (error instanceof AwsCallRefusedError) {
    return { kind: 'rejected', code: error.providerCode, message: error.message };
  }
  if (error instanceof AwsCredentialsIncompleteError) {
    return { kind: 'unauthorized', code: error.code, message: error.message };
  }
  const stopped = egressFailure(error);
  if (stopped) return stopped;
  const parts = partsOf(error);
  const trace = traceOf(error);
  const unsent = provenUnsent(error, parts, trace);
  if (unsent) return notSent(unsent, evidenceOf(parts));
  if (parts.awsCode !== undefined) {
    const meaning = meaningOf(parts.awsCode, codes);
    if (meaning) return byMeaning(meaning, parts);
  }
  return parts.status === undefined || parts.status < 300
    ? unknown(lostAnswer(parts, trace), evidenceOf(parts))
    : byStatus(parts.status, parts);
}

/** Never sent: because of the socket's state where we watched it, else only for errors that cannot come later. */
function provenUnsent(error: unknown, parts: AwsErrorParts, trace: CallTrace | undefined): NotSentCause | undefined {
  if (parts.status !== undefined) return undefined;
  if (trace?.late === true) return 'deadline';
  switch (trace?.socket) {
    case 'open':
      return undefined;
    case 'handshake':
      return 'tls';
    case 'connecting':
      return parts.syscall === 'getaddrinfo' ? 'dns' : 'connect';
    case 'none':
      // Nothing touched the network. Given up while waiting is one thing; anything else is a bug and stays unknown.
      return trace.aborted ? 'deadline' : undefined;
    case undefined:
      return connectError(error);
  }
}

/** Without a trace (a client that is not ours): DNS, connect and certificate errors happen before the first byte. */
function connectError(error: unknown): NotSentCause | undefined {
  if (error instanceof AggregateError && error.errors.length > 0) {
    const causes = error.errors.map(connectError);
    return causes.every((cause) => cause !== undefined) ? causes[0] : undefined;
  }
  const { syscall, networkCode = '' } = partsOf(error);
  if (syscall === 'getaddrinfo') return 'dns';
  if (syscall === 'connect') return 'connect';
  return /^(CERT_|ERR_TLS_CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_SELF_SIGNED)/.test(networkCode) ? 'tls' : undefined;
}

function lostAnswer({ name, networkCode, syscall }: AwsErrorParts, trace: CallTrace | undefined): UnknownCause {
  if (trace?.aborted === true || name === 'AbortError') return 'timeout';
  // The SDK calls resets and broken pipes TimeoutError too: only the code tells.
  if (networkCode === 'ETIMEDOUT' || (name === 'TimeoutError' && networkCode === undefined)) return 'timeout';
  if (networkCode?.startsWith('HPE_') === true) return 'bad_body';
  if (networkCode !== undefined && (syscall !== undefined || /^E[A-Z]+$/.test(networkCode))) return 'reset';
  // An answer came and could not be understood, or was not what it had to be (the MD5 of the body, for one).
  return trace === undefined || trace.socket === 'open' ? 'bad_body' : 'internal';
}

function byMeaning(meaning: AwsErrorMeaning, parts: AwsErrorParts): Failure {
  const evidence = evidenceOf(parts);
  switch (meaning) {
    case 'throttled':
      return { kind: 'throttled', retryAfterMs: retryAfterMs(parts.headers), ...evidence };
    case 'unauthorized':
      // The message of a refused signature repeats what was signed, the session token included.
      return isClockSkew(parts)
        ? notSent('refused', { ...evidence, message: undefined })
        : { kind: 'unauthorized', ...evidence, message: undefined };
    case 'forbidden':
      return forbidden(parts, evidence);
    case 'rejected':
      return { kind: 'rejected', ...evidence };
    case 'refused':
      return notSent('refused', evidence);
    case 'timeout':
    case 'reset':
      return unknown(meaning, evidence);
  }
}

/**
 * A missing permission. Of the key itself it is `unauthorized`: the lane waits until someone mends the policy, nothing is
 * lost. But when AWS names a resource of another account, that account's policy refuses us, whatever key we come with:
 * `rejected`, so that one wrong ARN in one message does not stop the tenant's whole traffic.
 */
function forbidden(parts: AwsErrorParts, evidence: Evidence): Failure {
  const caller = /\bUser: arn:aws[\w-]*:(?:iam|sts)::(\d{12}):/.exec(parts.message)?.[1];
  const owner = /\bon resource: arn:aws[\w-]*:[\w-]+:[\w-]*:(\d{12}):/.exec(parts.message)?.[1];
  const foreign = caller !== undefined && owner !== undefined && caller !== owner;
  return { kind: foreign ? 'rejected' : 'unauthorized', ...evidence };
}

function isClockSkew({ message }: AwsErrorParts): boolean {
  return /\bSignature (expired|not yet current)\b/.test(message);
}

function byStatus(status: number, parts: AwsErrorParts): Failure {
  if (status === 429) return byMeaning('throttled', parts);
  if (status >= 500) return unknown('server_error', evidenceOf(parts));
  // AWS's APIs do not redirect, and the SDK does not follow: something else answered in their place.
  if (status < 400) return unknown('bad_body', evidenceOf(parts));
  if (status === 401 || status === 403) return byMeaning('forbidden', parts);
  if (status === 408) return unknown('timeout', evidenceOf(parts));
  return { kind: 'rejected', ...evidenceOf(parts) };
}
