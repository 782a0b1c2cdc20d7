import type { LedgerTime } from '../ledger-time';
import type { RetentionSettings } from './retention-settings';

const SMALLEST = 50;
const LARGEST = 5_000;

/** What one batch did. */
export interface Batch {
  readonly looked: number;
  readonly removed: number;
}

/**
 * Runs batches one after another, with pauses that are multiples of the time they took: old rows must not slow down new
 * ones. The size follows what the database can do in a fraction of a second.
 */
export class PacedBatches {
  private size: number;

  constructor(
    private readonly settings: RetentionSettings,
    private readonly time: LedgerTime,
    private readonly signal: AbortSignal,
  ) {
    this.size = settings.batch;
  }

  /**
   * Until a batch finds less than it may, or the signal aborts.
   *
   * @returns how many rows were removed, and whether it got to the end
   */
  async run(
    batch: (size: number) => Promise<Batch>,
    told: (batch: Batch, size: number) => void,
  ): Promise<{ readonly removed: number; readonly whole: boolean }> {
    let removed = 0;
    while (!this.signal.aborted) {
      const size = this.size;
      const startedMs = this.time.nowMs();
      const done = await batch(size);
      const tookMs = this.time.nowMs() - startedMs;
      removed += done.removed;
      told(done, size);
      if (done.looked < size) return { removed, whole: true };
      this.adapt(tookMs);
      await this.time.clock.sleep(tookMs * this.settings.pauseFactor, this.signal);
    }
    return { removed, whole: false };
  }

  private adapt(tookMs: number): void {
    if (tookMs > this.settings.batchMs) this.size = Math.max(SMALLEST, Math.floor(this.size / 2));
    else if (tookMs < this.settings.batchMs / 4) this.size = Math.min(LARGEST, this.size * 2);
  }
}
