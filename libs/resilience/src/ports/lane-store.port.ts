import type { LaneVerdict } from '../lane-verdict';

/** Calls that share breaker, cap and pause: by default one lane per tenant, provider and integration. */
export interface LaneRef {
  readonly tenantId: string;
  readonly provider: string;
  readonly laneKey: string;
}

/**
 * What a lane says to a call. `parked`: nobody calls for that long, since the circuit is open or the provider asked for
 * patience. `half_open`: only its probe does; everybody else may ask again after that time.
 */
export type LaneLook =
  { readonly kind: 'free' } | { readonly kind: 'half_open' | 'parked'; readonly retryAfterMs: number };

/** What a synchronous call or a read found out about its lane. */
export interface LaneReport {
  readonly verdict: LaneVerdict;
  /** Names the call; of a probe the same as in {@link LaneStore.probe}. */
  readonly callId: string;
  readonly probe: boolean;
  readonly breaker: { readonly after: number; readonly openMs: number };
  /** The provider asked for this much patience. */
  readonly parkMs?: number | undefined;
}

/**
 * The state of circuit breaker and bulkhead, shared between processes: a breaker in memory opens once per process and
 * forgets at each deploy. The ledger implements it on its table `lanes`; the app binds it.
 *
 * Background calls are admitted by the claim and judged by the settle, within the same statements. The rest asks here,
 * where the answer comes from memory: at most about a second old, and at once after what this process found out itself.
 */
export abstract class LaneStore {
  abstract look(lane: LaneRef): LaneLook;
  /**
   * Asks to be the probe of a lane that looked half open. The only question that goes to the database by itself.
   *
   * @returns what the lane is now, unless this call is the probe
   */
  abstract probe(lane: LaneRef, callId: string): Promise<LaneLook | { readonly kind: 'probe' }>;
  /** Calls at a time of this lane, over all processes; undefined where nobody says. */
  abstract capOf(lane: LaneRef): number | undefined;
  /** Never fails and does not wait: reports are written in groups, and only where they change something. */
  abstract report(lane: LaneRef, report: LaneReport): void;
}
