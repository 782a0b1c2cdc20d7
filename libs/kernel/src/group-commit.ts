/** How requests of one moment are brought together. */
export interface GroupCommitOptions {
  readonly maxSize: number;
  /** Groups on their way to the database at once. */
  readonly maxInFlight: number;
  /** The longest a request waits for company while another group is on its way; alone, it leaves at once. */
  readonly waitMs: number;
  /**
   * The most that a group keeps the next one back, after it has left: a millisecond for each of its items, so that many
   * small commits under load become few large ones, and a request that comes alone still leaves at once. None: left out.
   */
  readonly spacingMs?: number;
}

export type GroupResult<R> = PromiseSettledResult<R>;

export const done = <R>(value: R): GroupResult<R> => ({ status: 'fulfilled', value });
export const failed = <R>(reason: unknown): GroupResult<R> => ({ status: 'rejected', reason });

interface Waiting<T, R> {
  readonly item: T;
  readonly resolve: (value: R) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Turns many small writes into few large ones: a commit costs the same for one row as for a hundred. `run` answers for
 * every item of its group, in order; when it throws, every item of the group fails with that error.
 */
export class GroupCommit<T, R> {
  private waiting: Waiting<T, R>[] = [];
  private inFlight = 0;
  private untimed: (() => void) | undefined;
  /** No group leaves before, unless it is full. */
  private notBeforeMs = 0;

  constructor(
    private readonly options: GroupCommitOptions,
    private readonly run: (items: T[]) => Promise<GroupResult<R>[]>,
  ) {}

  add(item: T): Promise<R> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.inFlight >= this.options.maxInFlight || this.waiting.length === 0) return;
    if (this.waiting.length >= this.options.maxSize) {
      this.flush();
    } else if (!this.untimed) {
      const spacingMs = this.spacingMs();
      const waitMs = this.inFlight === 0 ? spacingMs : Math.max(this.options.waitMs, spacingMs);
      // Immediate: whatever else this turn of the event loop brings still joins.
      this.untimed = waitMs <= 0 ? soon(() => this.flush()) : later(() => this.flush(), waitMs);
    }
  }

  private spacingMs(): number {
    return this.options.spacingMs === undefined ? 0 : this.notBeforeMs - performance.now();
  }

  private flush(): void {
    this.unschedule();
    const group = this.waiting.splice(0, this.options.maxSize);
    if (group.length === 0) return;
    this.inFlight += 1;
    const { spacingMs } = this.options;
    if (spacingMs !== undefined) this.notBeforeMs = performance.now() + Math.min(spacingMs, group.length - 1);
    void this.commit(group).finally(() => {
      this.inFlight -= 1;
      // Those who waited for a place have waited long enough.
      if (this.waiting.length > 0 && this.spacingMs() <= 0) this.flush();
      else this.schedule();
    });
    this.schedule();
  }

  private async commit(group: Waiting<T, R>[]): Promise<void> {
    try {
      const results = await this.run(group.map(({ item }) => item));
      group.forEach(({ resolve, reject }, at) => {
        const result = results[at];
        if (result?.status === 'fulfilled') resolve(result.value);
        else reject(result?.reason ?? new Error('The group has no answer for this item'));
      });
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }

  private unschedule(): void {
    this.untimed?.();
    this.untimed = undefined;
  }
}

function soon(then: () => void): () => void {
  const immediate = setImmediate(then);
  return () => clearImmediate(immediate);
}

function later(then: () => void, ms: number): () => void {
  const timer = setTimeout(then, ms);
  return () => clearTimeout(timer);
}
