export interface WriteBatcherOptions {
  /** Writes at the same time. 1 keeps the order in which items were added. */
  readonly inFlight: number;
  readonly maxItems: number;
}

interface Waiting<I, O> {
  readonly items: readonly I[];
  readonly resolve: (results: O[]) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Joins the writes of concurrent requests into few statements. While one statement is under way the next requests
 * gather, so the busier it gets the more a commit carries; an idle stand-in writes at once. With `inFlight: 1` it is
 * also the lock that gives a FIFO queue one order.
 */
export class WriteBatcher<I, O> {
  private readonly queue: Waiting<I, O>[] = [];
  private running = 0;

  /** @param write must resolve with one result per item, in the same order, after the commit. */
  constructor(
    private readonly write: (items: readonly I[]) => Promise<O[]>,
    private readonly options: WriteBatcherOptions,
  ) {}

  /** The items of one call stay together and in order. */
  add(items: readonly I[]): Promise<O[]> {
    return new Promise((resolve, reject) => {
      this.queue.push({ items, resolve, reject });
      this.pump();
    });
  }

  private pump(): void {
    while (this.running < this.options.inFlight && this.queue.length > 0) {
      this.running += 1;
      void this.flush(this.next()).finally(() => {
        this.running -= 1;
        this.pump();
      });
    }
  }

  private next(): Waiting<I, O>[] {
    const taken: Waiting<I, O>[] = [];
    let size = 0;
    for (const waiting of this.queue) {
      if (taken.length > 0 && size + waiting.items.length > this.options.maxItems) break;
      taken.push(waiting);
      size += waiting.items.length;
    }
    this.queue.splice(0, taken.length);
    return taken;
  }

  private async flush(group: readonly Waiting<I, O>[]): Promise<void> {
    try {
      const results = await this.write(group.flatMap((waiting) => waiting.items));
      let from = 0;
      for (const waiting of group) {
        waiting.resolve(results.slice(from, from + waiting.items.length));
        from += waiting.items.length;
      }
    } catch (error) {
      for (const waiting of group) waiting.reject(error);
    }
  }
}
