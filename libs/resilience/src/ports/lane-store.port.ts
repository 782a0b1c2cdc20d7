/** Calls that share breaker, cap and pause: by default one lane per tenant, provider and integration. */
export interface LaneRef {
  readonly tenantId: string;
  readonly provider: string;
  readonly laneKey: string;
}

/** What a lane says to a call that asks for admission. */
export type Admission =
  | { readonly kind: 'admitted' }
  /** Half open: this call is the one probe; the others are still refused. */
  | { readonly kind: 'probe' }
  | { readonly kind: 'parked'; readonly retryAfterMs: number };

/**
 * The state of circuit breaker and bulkhead, shared between processes: a breaker in memory opens once per process and
 * forgets at each deploy. The ledger implements it on its table `lanes`; the app binds it.
 *
 * Its readers stand between the deadline and the retry link of the chain (bulkhead → rate limit → circuit breaker), so
 * that each in-process retry does not count as a call of its own and a parked lane costs no wait.
 */
export abstract class LaneStore {
  abstract admit(lane: LaneRef): Promise<Admission>;
  /** @param transient whether the call failed in a way that speaks of the provider and not of the request */
  abstract report(lane: LaneRef, transient: boolean): Promise<void>;
  /** Nobody calls before this much time has passed: a 429, or an open circuit. */
  abstract park(lane: LaneRef, forMs: number): Promise<void>;
}
