import { Injectable } from '@nestjs/common';
import { CallDecisions, Cancellation, Clock } from '@puente/kernel';
import type { CallQuota, QuotaOwner } from '../ports/call-quotas.port';
import { type Quota, QuotaStore } from '../ports/quota-store.port';
import { QuotaWindow } from './quota-window';
import type { AnsweredQuota } from './rate-limit-headers';

/** A call does not wait longer for the counters; then it is counted in this process alone. */
const PATIENCE_MS = 500;
/** How long the counters are left alone after they did not answer. */
const STORE_REST_MS = 1_000;
/** Words of the provider are shared at most this often for each quota. */
const SHARE_EVERY_MS = 1_000;
/** Difference between our window and the provider's that is worth telling the others. */
const OTHER_WINDOW_MS = 1_000;
const OTHER_COUNT_PART = 10;
/** Nobody is sent further away than this, however long the line. */
const LONGEST_DEFERRAL_MS = 15 * 60_000;
const MOST_WINDOWS = 10_000;

export type QuotaAdmission = { readonly admitted: true } | { readonly admitted: false; readonly resetsInMs: number };

/** How much of a credential's quotas was used at most, lately. */
export interface QuotaUse extends QuotaOwner {
  readonly usedPercent: number;
}

const ADMITTED: QuotaAdmission = { admitted: true };

interface Share {
  readonly window: QuotaWindow;
  readonly owner: QuotaOwner;
  readonly chosen: boolean;
  refill?: Promise<void> | undefined;
  sharedAtMs: number;
}

/**
 * Every quota that this process spends of, in memory: most calls are admitted by counting down a number.
 *
 * When the shared counters are away the process counts for itself against the whole quota: fail open. Nothing is lost by
 * that, since the provider itself still refuses what is too much; refusing here would stop calls that it would take.
 */
@Injectable()
export class QuotaLeases {
  private readonly shares = new Map<string, Share>();
  private awayUntilMs = Number.NEGATIVE_INFINITY;
  private awaySinceMs: number | undefined;

  constructor(
    private readonly store: QuotaStore,
    private readonly decisions: CallDecisions,
    private readonly clock: Clock,
  ) {}

  /** @returns at once, as long as points are in hand */
  admit(quota: CallQuota): QuotaAdmission | Promise<QuotaAdmission> {
    const share = this.shareOf(quota);
    const nowMs = this.clock.monotonicMs();
    if (!share.window.isCounted) return share.window.isClosed(nowMs) ? refused(share.window, nowMs) : ADMITTED;
    if (share.window.spend(costOf(quota, share.window), nowMs)) return ADMITTED;
    return this.admitLater(quota, share);
  }

  /** What another quota refused was not spent here. */
  giveBack(quota: CallQuota): void {
    const share = this.shareOf(quota);
    if (share.window.isCounted) share.window.giveBack(costOf(quota, share.window), this.clock.monotonicMs());
  }

  /** In how long a call that cannot wait here may come back, behind those that were sent away before it. */
  placeInLine(quota: CallQuota): number {
    return Math.ceil(this.shareOf(quota).window.place(this.clock.monotonicMs(), LONGEST_DEFERRAL_MS));
  }

  /** The provider's word wins over our count, here at once and, where it matters, in every process soon. */
  observe(quota: CallQuota, { limit, remaining, resetsInMs }: AnsweredQuota): void {
    const share = this.shareOf(quota);
    const { window } = share;
    const nowMs = this.clock.monotonicMs();
    const counted = { remaining: window.remaining, resetsInMs: window.resetsInMs(nowMs) };
    window.told(limit, remaining, resetsInMs === undefined ? undefined : nowMs + resetsInMs);
    if (!window.isCounted || nowMs - share.sharedAtMs < SHARE_EVERY_MS || nowMs < this.awayUntilMs) return;
    const tellsOfOthers = (counted.remaining - remaining) * OTHER_COUNT_PART > window.size;
    const isUsedUp = remaining === 0 && counted.remaining > 0;
    const isOtherWindow =
      resetsInMs !== undefined && Math.abs(counted.resetsInMs - resetsInMs) > OTHER_WINDOW_MS + quota.windowMs / 20;
    if (!tellsOfOthers && !isUsedUp && !isOtherWindow) return;
    share.sharedAtMs = nowMs;
    const word = { limit: window.size, remaining: window.remaining, resetsInMs: window.resetsInMs(nowMs) };
    this.store.observe(asQuota(quota, window), word).catch((error: unknown) => this.lost(error));
  }

  /** Whether to warn about a quota now; see {@link QuotaWindow.warns}. */
  low(quota: CallQuota): { readonly limit: number; readonly remaining: number } | undefined {
    if (quota.chosen) return undefined;
    const { window } = this.shareOf(quota);
    return window.warns(this.clock.monotonicMs()) ? { limit: window.size, remaining: window.remaining } : undefined;
  }

  /** The highest use of each quota since the last time somebody asked. */
  takeUse(): QuotaUse[] {
    return [...this.shares.values()].flatMap(({ window, owner, chosen }) => {
      const usedPercent = window.takePeak();
      return usedPercent > 0 && !chosen ? [{ ...owner, usedPercent }] : [];
    });
  }

  private async admitLater(quota: CallQuota, share: Share): Promise<QuotaAdmission> {
    const { window } = share;
    const cost = costOf(quota, window);
    window.wanted += cost;
    try {
      for (;;) {
        const nowMs = this.clock.monotonicMs();
        if (window.spend(cost, nowMs)) return ADMITTED;
        if (window.isClosed(nowMs)) return refused(window, nowMs);
        share.refill ??= this.refill(quota, window).finally(() => (share.refill = undefined));
        await share.refill;
      }
    } finally {
      window.wanted -= cost;
    }
  }

  private async refill(quota: CallQuota, window: QuotaWindow): Promise<void> {
    const askedAtMs = this.clock.monotonicMs();
    const asked = window.ask;
    if (askedAtMs < this.awayUntilMs) {
      this.countAlone(quota, window, asked, askedAtMs);
      return;
    }
    try {
      const grant = await this.inTime(this.store.take(asQuota(quota, window), asked));
      this.back();
      window.receive(grant, asked, askedAtMs);
    } catch (error) {
      this.lost(error);
      this.countAlone(quota, window, asked, askedAtMs);
    }
  }

  /** As if no other process were there. */
  private countAlone(quota: CallQuota, window: QuotaWindow, asked: number, nowMs: number): void {
    const before = window.size - window.remaining;
    const resetsInMs = Math.min(quota.windowMs, window.resetsInMs(nowMs));
    window.receive({ granted: Math.min(asked, window.remaining), before, resetsInMs }, asked, nowMs);
  }

  private async inTime<T>(answer: Promise<T>): Promise<T> {
    const answered = new Cancellation();
    const late = this.clock.sleep(PATIENCE_MS, answered).then(() => {
      throw new Error('The counters of rate limits did not answer in time');
    });
    late.catch(() => undefined);
    answer.catch(() => undefined);
    try {
      return await Promise.race([answer, late]);
    } finally {
      answered.abort('answered');
    }
  }

  private lost(error: unknown): void {
    const nowMs = this.clock.monotonicMs();
    this.awayUntilMs = nowMs + STORE_REST_MS;
    if (this.awaySinceMs !== undefined) return;
    this.awaySinceMs = nowMs;
    this.decisions.quotaStoreLost(error);
  }

  private back(): void {
    if (this.awaySinceMs === undefined) return;
    this.decisions.quotaStoreBack(this.clock.monotonicMs() - this.awaySinceMs);
    this.awaySinceMs = undefined;
  }

  private shareOf(quota: CallQuota): Share {
    const known = this.shares.get(quota.key);
    if (known) return known;
    if (this.shares.size >= MOST_WINDOWS) this.forgetIdle();
    const { owner, chosen = false } = quota;
    const share: Share = { window: new QuotaWindow(quota), owner, chosen, sharedAtMs: Number.NEGATIVE_INFINITY };
    this.shares.set(quota.key, share);
    return share;
  }

  private forgetIdle(): void {
    const nowMs = this.clock.monotonicMs();
    for (const [key, { window }] of this.shares) if (window.isIdle(nowMs)) this.shares.delete(key);
  }
}

function refused(window: QuotaWindow, nowMs: number): QuotaAdmission {
  return { admitted: false, resetsInMs: window.resetsInMs(nowMs) };
}

/** A call that costs more than there ever is takes all there is. */
function costOf({ cost }: CallQuota, window: QuotaWindow): number {
  return Math.min(cost, window.size);
}

function asQuota({ key, windowMs }: CallQuota, { size }: QuotaWindow): Quota {
  return { key, windowMs, limit: size };
}
