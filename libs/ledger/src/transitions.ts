import type { OperationState } from './operation';

/**
 * Who may become what. The database enforces the same table in `operation_transition_allowed`, and a test compares the
 * two pair by pair. States without successors are final: no later report changes them.
 */
export const TRANSITIONS: Readonly<Record<OperationState, readonly OperationState[]>> = {
  queued: ['running', 'succeeded', 'exhausted', 'needs_review', 'cancelled', 'dropped'],
  running: ['queued', 'unknown', 'succeeded', 'rejected', 'exhausted', 'needs_review', 'dropped'],
  unknown: ['running', 'succeeded', 'needs_review', 'dropped'],
  needs_review: ['queued', 'succeeded', 'cancelled', 'dropped'],
  succeeded: [],
  rejected: [],
  exhausted: [],
  cancelled: [],
  dropped: [],
};

/** Still to be done; the others are settled, and `needs_review` waits for a person. */
export const LIVE_STATES = ['queued', 'running', 'unknown'] as const satisfies readonly OperationState[];

export function isLive(state: OperationState): boolean {
  return (LIVE_STATES as readonly OperationState[]).includes(state);
}
