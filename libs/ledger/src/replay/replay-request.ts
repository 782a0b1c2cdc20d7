import type { EndedState } from '../events/operation-event';
import type { OperationFilter } from '../operation';

/** What is replayed unless states are named: what certainly had no effect, and was not taken back by anybody. */
export const REPLAYED_BY_DEFAULT = ['rejected', 'exhausted'] as const satisfies readonly EndedState[];

/** Most operations one request replays. */
export const REPLAY_LIMIT = 1_000;

/** Which operations shall be done again; all of the tenant's when nothing is named. */
export interface ReplayFilter extends Omit<OperationFilter, 'states' | 'routeKey'> {
  /** Only ended ones. Those that had, or may have had, their effect must be named. */
  readonly states?: readonly EndedState[] | undefined;
  readonly settledBefore?: Date | undefined;
  readonly ids?: readonly string[] | undefined;
}

export interface ReplayRequest {
  readonly filter: ReplayFilter;
  /** Also operations of effect `once` that happened, or may have: they will have happened twice. */
  readonly repeatOnce: boolean;
  /** At most {@link REPLAY_LIMIT}. */
  readonly limit: number;
  /** `next` of the request before. */
  readonly cursor?: string | undefined;
}

/**
 * Why one was left out. `live`: it has not ended. `state`: it ended otherwise than asked. `replayed`: there is a newer one
 * of it. `happened`: of effect `once`, and it happened or may have. `expired`, `unreadable`: its input is gone.
 */
export type ReplaySkip = 'not_found' | 'live' | 'state' | 'replayed' | 'happened' | 'expired' | 'unreadable';

export interface ReplayedOperation {
  /** The finished one. */
  readonly of: string;
  /** The new one. */
  readonly operationId: string;
}

export interface SkippedOperation {
  readonly operationId: string;
  readonly reason: ReplaySkip;
}

/** One request's page: what it found, oldest first, and where the next one goes on. */
export interface ReplayPlan {
  readonly operationIds: readonly string[];
  readonly skipped: readonly SkippedOperation[];
  readonly next: string | null;
}

/** A replay in a list. */
export interface ReplaySummary {
  readonly id: string;
  readonly actor: string;
  /** How many new operations it made, and how many it left out. */
  readonly replayed: number;
  readonly skipped: number;
  readonly createdAt: Date;
}

/** What a request did. The same key gives it back. */
export interface Replay {
  readonly id: string;
  readonly actor: string;
  readonly items: readonly ReplayedOperation[];
  readonly skipped: readonly SkippedOperation[];
  readonly next: string | null;
  readonly createdAt: Date;
  /** false: an earlier request with the same key did it. */
  readonly fresh: boolean;
}
