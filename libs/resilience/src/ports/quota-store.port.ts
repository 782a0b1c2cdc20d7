export interface Quota {
  /** Whose quota it is: `sns:global`, or `sns:<tenant>:<integration>` for one per credential. */
  readonly key: string;
  readonly limit: number;
  readonly windowMs: number;
}

export interface QuotaLeft {
  readonly allowed: boolean;
  readonly remaining: number;
  readonly resetsInMs: number;
}

/**
 * Counts calls against a provider's quota, over all processes. The ledger implements it; the app binds it. Its reader
 * is the rate-limit link, between bulkhead and circuit breaker: it waits or refuses before the provider would.
 */
export abstract class QuotaStore {
  abstract take(quota: Quota): Promise<QuotaLeft>;
  /** What the provider's own headers say (`X-RateLimit-Remaining`) wins over our count. */
  abstract observe(quota: Quota, remaining: number, resetsInMs: number): Promise<void>;
}
