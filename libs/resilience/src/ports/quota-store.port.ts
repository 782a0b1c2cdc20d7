/** So many points in a window, over all processes. */
export interface Quota {
  /** Whose quota it is: provider, limit, and the credential where each has its own. At most 255 characters. */
  readonly key: string;
  readonly limit: number;
  /** Whole seconds. The window begins with the first point that is taken. */
  readonly windowMs: number;
}

/** What a process got of a quota, to spend it without asking again until the window ends. */
export interface QuotaGrant {
  /** Points it may spend; less than it asked for when the rest is used up. */
  readonly granted: number;
  /** All processes' points of this window before these, granted or asked for in vain. */
  readonly before: number;
  readonly resetsInMs: number;
}

/** What the provider itself says is left. */
export interface QuotaWord {
  readonly limit: number;
  readonly remaining: number;
  readonly resetsInMs: number;
}

/**
 * Counts points of a provider's quota, over all processes, by a clock of its own. Points are taken in blocks and spent
 * in memory ({@link QuotaLeases}), so that a call costs no query.
 *
 * Both throw when the counters are not reachable; the caller goes on without them.
 */
export abstract class QuotaStore {
  /** Each point is granted once: what all processes get in one window is never more than the limit. */
  abstract take(quota: Quota, points: number): Promise<QuotaGrant>;
  /** The provider's word replaces our count, for every process: less is left than we counted, or the window is another. */
  abstract observe(quota: Quota, word: QuotaWord): Promise<void>;
}
