import { isDeferred, type Outcome } from '@puente/kernel';
import { lacksCredentials } from '../chain/credentials.interceptor';

/** Failures that look like the provider's and are ours: the credentials could not be read. */
const OURS = new Set(['CREDENTIALS_UNREADABLE', 'DATABASE_UNAVAILABLE']);

/**
 * What a call says of its provider. `failed`: that it does not answer, or not well. A refusal speaks of the request or of
 * the credentials and is an answer like another; a call that we did not make, or that broke on a fault of ours, says
 * nothing.
 */
export function verdictOn(outcome: Outcome): 'answered' | 'failed' | 'nothing' {
  switch (outcome.kind) {
    case 'ok':
    case 'rejected':
      return 'answered';
    case 'unauthorized':
      return lacksCredentials(outcome) ? 'nothing' : 'answered';
    case 'throttled':
      return isDeferred(outcome) ? 'nothing' : 'failed';
    case 'not_sent':
      return outcome.cause === 'deadline' || OURS.has(outcome.code ?? '') ? 'nothing' : 'failed';
    case 'unknown':
      return outcome.cause === 'internal' || outcome.cause === 'crash' ? 'nothing' : 'failed';
  }
}
