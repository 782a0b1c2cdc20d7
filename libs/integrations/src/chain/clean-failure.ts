import type { Failure } from '@puente/kernel';
import { MAX_ANSWER_EXCERPT, type Redaction } from '@puente/observability';

const MAX_CODE = 100;

/**
 * A failure as it may leave the provider's folder: no secret of the call in any text, nothing unprintable, and nothing
 * in a field that the database, a metric or a caller would choke on.
 */
export function cleanFailure(failure: Failure, redaction: Redaction): Failure {
  const { code, status, message } = failure;
  const evidence = {
    ...(code === undefined ? {} : { code: redaction.clean(code, MAX_CODE) }),
    ...(isStatus(status) ? { status } : {}),
    ...(message === undefined ? {} : { message: redaction.clean(message, MAX_ANSWER_EXCERPT) }),
  };
  switch (failure.kind) {
    case 'rejected':
    case 'unauthorized':
      return { kind: failure.kind, ...evidence };
    case 'throttled': {
      const { retryAfterMs } = failure;
      const usable = retryAfterMs !== undefined && Number.isFinite(retryAfterMs) && retryAfterMs >= 0;
      return { kind: 'throttled', ...(usable ? { retryAfterMs } : {}), ...evidence };
    }
    case 'not_sent':
      return { kind: 'not_sent', cause: failure.cause, ...evidence };
    case 'unknown':
      return { kind: 'unknown', cause: failure.cause, ...evidence };
  }
}

function isStatus(status: number | undefined): status is number {
  return status !== undefined && Number.isInteger(status) && status >= 100 && status <= 599;
}
