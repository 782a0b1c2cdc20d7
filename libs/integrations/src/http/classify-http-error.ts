import type { Evidence, Failure } from '@puente/kernel';
import { notSent, unknown } from '@puente/kernel';
import { presentableText } from '../presentable-text';
import { egressFailure } from './egress-failure';
import { HttpAnswerError, HttpUnansweredError } from './http.errors';
import { retryAfterMs } from './retry-after';

/**
 * What a provider's own error code means, where its status does not say it. `refused`: by the provider's contract it was
 * not carried out, and may be sent again.
 */
export type HttpErrorMeaning = 'rejected' | 'unauthorized' | 'throttled' | 'refused' | 'unknown';

/**
 * Turns what {@link HttpConnection} threw into a failure (DESIGN §3). Total, and careful in one direction: only a proof
 * makes a failure `not_sent`, only an answer of the provider makes it `rejected`; all else is `unknown`.
 *
 * @param codes what the provider's codes mean; for a code that is not there the status decides
 */
export function classifyHttpError(error: unknown, codes: Readonly<Record<string, HttpErrorMeaning>> = {}): Failure {
  if (error instanceof HttpUnansweredError) return error.failure;
  if (!(error instanceof HttpAnswerError)) return egressFailure(error) ?? unknown('internal');
  const { code } = error.fault;
  const meaning = code !== undefined && Object.hasOwn(codes, code) ? codes[code] : undefined;
  return failureOf(meaning ?? meaningOf(error.status), error);
}

type Meaning = HttpErrorMeaning | 'timeout' | 'bad_body';

function meaningOf(status: number): Meaning {
  if (status === 429) return 'throttled';
  if (status === 401 || status === 403) return 'unauthorized';
  if (status === 408) return 'timeout';
  if (status >= 500) return 'unknown';
  // No API redirects a call with an effect, and we follow nobody: something else answered in the provider's place.
  return status < 400 ? 'bad_body' : 'rejected';
}

function failureOf(meaning: Meaning, { status, headers, fault }: HttpAnswerError): Failure {
  const message = fault.message === undefined ? undefined : presentableText(fault.message);
  const evidence: Evidence = { code: fault.code ?? String(status), status, message };
  switch (meaning) {
    case 'rejected':
    case 'unauthorized':
      return { kind: meaning, ...evidence };
    case 'throttled':
      return { kind: 'throttled', retryAfterMs: retryAfterMs(headers), ...evidence };
    case 'refused':
      return notSent('refused', evidence);
    case 'unknown':
      return unknown('server_error', evidence);
    case 'timeout':
    case 'bad_body':
      return unknown(meaning, evidence);
  }
}
