/** How requests of one moment are brought together. */
export interface GroupCommitOptions {
  readonly maxSize: number;
  /** Groups on their way to the database at once. */
  readonly maxInFlight: number;
  /** The longest a request waits for company while another group is on its way; alone, it leaves at once. */
  readonly waitMs: number;
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
  private timer: NodeJS.Timeout | NodeJS.Immediate | undefined;

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
    } else if (this.timer === undefined) {
      // Immediate: whatever else this turn of the event loop brings still joins.
      const flush = (): void => this.flush();
      this.timer = this.inFlight === 0 ? setImmediate(flush) : setTimeout(flush, this.options.waitMs);
    }
  }

  private flush(): void {
    this.unschedule();
    const group = this.waiting.splice(0, this.options.maxSize);
    if (group.length === 0) return;
    this.inFlight += 1;
    void this.commit(group).finally(() => {
      this.inFlight -= 1;
      // Those who waited for a place have waited long enough.
      if (this.waiting.length > 0) this.flush();
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
    if (this.timer === undefined) return;
    clearTimeout(this.timer as NodeJS.Timeout);
    clearImmediate(this.timer as NodeJS.Immediate);
    this.timer = undefined;
  }
}
