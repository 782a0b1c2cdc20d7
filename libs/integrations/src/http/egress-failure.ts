import { EgressError, EgressHostUnresolvedError } from '@puente/egress';
import type { Failure } from '@puente/kernel';
import { notSent } from '@puente/kernel';

/**
 * What it means for a call that the egress guard stopped it: a refused address is for whoever set it to mend, as wrong
 * credentials are; a name that could not be resolved may be known again in a minute.
 *
 * @returns undefined when it was not the guard
 */
export function egressFailure(error: unknown): Failure | undefined {
  if (!(error instanceof EgressError)) return undefined;
  const { code, message } = error;
  return error instanceof EgressHostUnresolvedError
    ? notSent('dns', { code, message })
    : { kind: 'unauthorized', code, message };
}
