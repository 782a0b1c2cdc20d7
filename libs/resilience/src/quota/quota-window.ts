import type { Quota, QuotaGrant } from '../ports/quota-store.port';

/** Quotas of up to so many points a second are taken one by one: nothing is held back by a process that may not need it. */
const EXACT_PER_SECOND = 50;
/** At most this part of a quota is in one process's hand, unspent. */
const MOST_HELD = 20;
/** The directive's: a warning below a fifth that is left, an alert above four fifths that are used. */
const LOW_PART = 5;
/** A window of a second must not fill the log. */
const QUIET_MS = 60_000;

/**
 * One process's share of one quota in the running window: a block of points, spent one by one. The block grows with what
 * the process really spends and shrinks as the quota runs out, so that big quotas cost few queries, an idle process holds
 * next to nothing, and the last points of a window are for whoever comes.
 */
export class QuotaWindow {
  /** Asked for by the calls that wait for the block that is on its way. */
  wanted = 0;
  /** Calls that were sent away since the quota ran out and will come back. */
  private deferred = 0;
  private limit: number;
  private left = 0;
  /** All processes' points before the block in hand, and the block itself. */
  private before = 0;
  private granted = 0;
  private spent = 0;
  private block = 1;
  private endsAtMs = Number.NEGATIVE_INFINITY;
  private isUsedUp = false;
  private quietUntilMs = Number.NEGATIVE_INFINITY;
  private peak = 0;

  constructor(private readonly quota: Quota) {
    this.limit = quota.limit;
  }

  /** @returns whether the points were in hand; else the store is asked for more, unless {@link isClosed} */
  spend(points: number, nowMs: number): boolean {
    if (nowMs >= this.endsAtMs) this.begin();
    if (this.left < points) return false;
    this.left -= points;
    this.spent += points;
    this.peak = Math.max(this.peak, this.used);
    return true;
  }

  /** false: no limit is declared, only the provider's own word counts. */
  get isCounted(): boolean {
    return this.quota.windowMs > 0;
  }

  /** Whether nothing is to be had before the window ends. */
  isClosed(nowMs: number): boolean {
    return this.isUsedUp && nowMs < this.endsAtMs;
  }

  /** Gives back what a call did not use because another quota refused it. */
  giveBack(points: number, nowMs: number): void {
    if (nowMs >= this.endsAtMs) return;
    this.left += points;
    this.spent -= points;
  }

  /** How many points to ask the store for. */
  get ask(): number {
    const known = this.limit - this.before - this.granted;
    const cautious = Math.max(1, Math.floor(known / 2));
    return Math.max(1, this.wanted, Math.min(this.block, cautious));
  }

  /** @param askedAtMs before the store was asked: the window ends no sooner than that plus what the store said */
  receive({ granted, before, resetsInMs }: QuotaGrant, asked: number, askedAtMs: number): void {
    const held = this.left;
    this.left = held + granted;
    this.granted = this.left;
    this.before = before - held;
    this.endsAtMs = askedAtMs + resetsInMs;
    this.isUsedUp = granted < asked;
    this.block = Math.min(this.block * 2, largestBlock(this.limit, this.quota.windowMs));
  }

  /**
   * The provider's word: never more in our hand than it says is left. Where it says that more is left than we counted,
   * calls that it has not seen yet make up the difference, so the count stays; a quota that nobody counts follows it.
   */
  told(limit: number | undefined, remaining: number, endsAtMs: number | undefined): void {
    if (limit !== undefined && limit > 0) this.limit = limit;
    if (endsAtMs !== undefined) this.endsAtMs = endsAtMs;
    if (remaining >= this.remaining && this.isCounted) return;
    this.before = Math.max(0, this.limit - remaining);
    this.left = Math.min(this.left, remaining);
    this.granted = this.left;
    this.isUsedUp = remaining === 0;
    this.peak = Math.max(this.peak, this.used);
  }

  /** Points of the window that are not used, as far as this process knows. */
  get remaining(): number {
    return Math.max(0, this.limit - this.used);
  }

  get size(): number {
    return this.limit;
  }

  resetsInMs(nowMs: number): number {
    return Math.max(1, this.endsAtMs - nowMs);
  }

  /** When a call that is sent away now may come back: its place in the line behind those sent away before, by windows. */
  place(nowMs: number, longestMs: number): number {
    const windows = Math.floor(this.deferred / Math.max(1, this.limit));
    this.deferred += 1;
    const resetsInMs = this.resetsInMs(nowMs);
    return Math.max(resetsInMs, Math.min(resetsInMs + windows * this.quota.windowMs, longestMs));
  }

  /** Exactly a fifth is no warning. @returns whether to warn: once per window, and for short ones once a minute */
  warns(nowMs: number): boolean {
    if (this.remaining * LOW_PART >= this.limit || nowMs < this.quietUntilMs) return false;
    this.quietUntilMs = Math.max(this.endsAtMs, nowMs + QUIET_MS);
    return true;
  }

  /** The most that was used since the last time somebody asked, in per cent. */
  takePeak(): number {
    const percent = (100 * Math.min(this.peak, this.limit)) / Math.max(1, this.limit);
    this.peak = 0;
    return percent;
  }

  /** Whether forgetting it loses nothing. */
  isIdle(nowMs: number): boolean {
    return nowMs >= this.endsAtMs && this.wanted === 0 && this.peak === 0;
  }

  private get used(): number {
    return this.before + this.granted - this.left;
  }

  private begin(): void {
    this.block = Math.min(
      Math.max(1, Math.ceil(this.spent / MOST_HELD)),
      largestBlock(this.limit, this.quota.windowMs),
    );
    this.deferred = Math.max(0, this.deferred - this.limit);
    this.left = 0;
    this.before = 0;
    this.granted = 0;
    this.spent = 0;
    this.isUsedUp = false;
    this.endsAtMs = Number.POSITIVE_INFINITY; // until the store has said
  }
}

function largestBlock(limit: number, windowMs: number): number {
  const perSecond = (limit * 1_000) / windowMs;
  if (perSecond <= EXACT_PER_SECOND) return 1;
  return Math.max(1, Math.floor(Math.min(limit / MOST_HELD, perSecond / 10)));
}
