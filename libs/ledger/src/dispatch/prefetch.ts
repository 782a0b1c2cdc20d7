import type { LedgerSettings } from '../ledger-settings';
import type { LedgerTime } from '../ledger-time';

/** Twice what a claim may take under load: what ends meanwhile must lie ready when it begins, and so few claims are made. */
const WINDOW_MS = 100;
/** Beyond the configured prefetch, at most. */
const MOST = 4;

/**
 * How much is claimed in advance: what is configured, and more while calls end so fast that it would be used up before the
 * next claim is back. Slow calls are not hoarded: another worker may have a place for them.
 */
export class Prefetch {
  private windowMs = -Infinity;
  private ended = 0;
  private endedBefore = 0;

  constructor(
    private readonly settings: LedgerSettings,
    private readonly time: LedgerTime,
  ) {}

  /** A call has ended. */
  count(): void {
    this.roll();
    this.ended += 1;
  }

  /** Places in all: calls at a time, and claims that wait for one. */
  get capacity(): number {
    this.roll();
    const { concurrency, prefetch } = this.settings;
    return concurrency + Math.min(MOST * prefetch, Math.max(prefetch, this.ended, this.endedBefore));
  }

  private roll(): void {
    const nowMs = this.time.nowMs();
    if (nowMs - this.windowMs < WINDOW_MS) return;
    this.endedBefore = nowMs - this.windowMs < 2 * WINDOW_MS ? this.ended : 0;
    this.ended = 0;
    this.windowMs = nowMs;
  }
}
