import { BoundedCache } from '../bounded-cache';

interface Line<T> {
  readonly running: Promise<T>;
  readonly begunMs: number;
  next?: Promise<T>;
}

/** Keys whose last read is remembered. */
const MOST_KEYS = 2_000;

/**
 * Reads that must be fresh, without one query for each of a hundred callers: whoever asks joins a read that has not
 * begun yet, never one that may have looked before they asked; or before the time that they name.
 */
export class CoalescedReads<T> {
  private readonly lines = new Map<string, Line<T>>();
  private readonly last = new BoundedCache<string, Line<T>>(MOST_KEYS);

  /**
   * @param aheadMs age of a read from which on the next one begins, while the old one still does: callers that come one
   *   after the other then seldom wait for one
   */
  constructor(
    private readonly nowMs: () => number,
    private readonly aheadMs = Infinity,
  ) {}

  /** @param sinceMs what a read that began later found will do; left out, only one that begins from now on */
  read(key: string, load: () => Promise<T>, sinceMs = Infinity): Promise<T> {
    const line = this.lines.get(key);
    const last = sinceMs === Infinity ? undefined : this.last.get(key);
    if (last && last.begunMs > sinceMs) {
      if (!line && this.nowMs() - last.begunMs > this.aheadMs) void this.start(key, load).catch(ignore);
      return last.running;
    }
    if (line && line.begunMs > sinceMs) return line.running;
    if (!line) return this.start(key, load);
    line.next ??= line.running.then(ignore, ignore).then(() => this.start(key, load));
    return line.next;
  }

  private start(key: string, load: () => Promise<T>): Promise<T> {
    const begunMs = this.nowMs();
    const running = load();
    const line: Line<T> = { running, begunMs };
    this.lines.set(key, line);
    const end = (): void => {
      // A successor, if there is one, takes the place over in its own turn.
      if (this.lines.get(key) === line && !('next' in line)) this.lines.delete(key);
    };
    running.then(() => {
      this.last.set(key, line);
      end();
    }, end);
    return running;
  }
}

function ignore(): void {
  // The first reader hears of its failure; the next one only waits for the end, and nobody for what is read ahead.
}
