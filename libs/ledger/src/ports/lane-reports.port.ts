import type { Queryable } from '@puente/database';

/** A lane that has just begun to wait for credentials. */
export interface RefusedLane {
  readonly tenantId: string;
  readonly provider: string;
  readonly integration: string;
  readonly laneKey: string;
  /** The provider's own code, or ours where there were no credentials to call with. */
  readonly code: string | null;
  /** When the credentials were mended last; null when never. All refusals since then are one occasion. */
  readonly mendedAt: string | null;
}

/** A lane that waited for credentials and goes on. */
export interface ResumedLane {
  readonly tenantId: string;
  readonly provider: string;
  readonly laneKey: string;
}

/**
 * Hears, within the transaction itself, which lanes begin to wait for credentials and which go on. Each method answers
 * with what is to be done once the transaction has committed. The app binds it.
 */
export abstract class LaneReports {
  abstract refused(tx: Queryable, lanes: readonly RefusedLane[]): Promise<() => void>;
  abstract resumed(tx: Queryable, lanes: readonly ResumedLane[]): Promise<() => void>;
}
