import type { Outcome } from '@puente/kernel';

/**
 * What a call's outcome says about its lane.
 *
 * - `failed`: the provider does not answer, or not as one that works.   - `answered`: it does, even if it refused.
 * - `silent`: nothing either way: we did not call, were told to wait, or the fault was ours or the credentials'.
 */
export type LaneVerdict = 'failed' | 'answered' | 'silent';

/** Reads an outcome for the circuit breaker (DESIGN §4): throttled, deferred and refused calls open no circuit. */
export function laneVerdict(outcome: Outcome): LaneVerdict {
  switch (outcome.kind) {
    case 'ok':
    case 'rejected':
      return 'answered';
    case 'throttled': // it answers, and parks the lane by itself; or we did not call
    case 'unauthorized': // it pauses the lane; or there were no credentials to call with
      return 'silent';
    case 'not_sent':
      return outcome.cause === 'deadline' ? 'silent' : 'failed';
    case 'unknown':
      return outcome.cause === 'internal' || outcome.cause === 'crash' ? 'silent' : 'failed';
  }
}
