import type { Claim } from './claimed-row';

/** A call that has ended; its result is on its way to the database. */
export interface Ended {
  /** Resolves when the claim is off our hands. Never rejects. */
  readonly settled: Promise<void>;
}

/** What the slots do with a claim once it has a place: resolves when the call has ended, and must not throw. */
export type Run = (claim: Claim) => Promise<Ended>;

/**
 * The places of one worker: a bounded number of calls, and claims in advance that wait for one. A place is free again
 * as soon as its call has ended; the commit of its result takes no call's place. Like the claim, the start is fair: the
 * tenant with the fewest calls is next, and one whose calls all hang leaves a part of the places to others.
 */
export class WorkSlots {
  private readonly ready: Claim[] = [];
  private readonly running = new Map<string, number>();
  private active = 0;
  private settling = 0;

  constructor(
    private readonly concurrency: number,
    private readonly run: Run,
    private readonly onFree: () => void,
  ) {}

  /** Claims held: waiting, running or being settled. */
  get size(): number {
    return this.ready.length + this.active + this.settling;
  }

  /** Per tenant, running and waiting. */
  inFlight(): Map<string, number> {
    const counts = new Map(this.running);
    for (const { row } of this.ready) counts.set(row.tenant_id, (counts.get(row.tenant_id) ?? 0) + 1);
    return counts;
  }

  add(claims: readonly Claim[]): void {
    this.ready.push(...claims);
    this.fill();
  }

  /** Takes back what has not begun. */
  takeReady(): Claim[] {
    return this.ready.splice(0);
  }

  private fill(): void {
    while (this.active < this.concurrency) {
      const claim = this.next();
      if (!claim) return;
      this.start(claim);
    }
  }

  private next(): Claim | undefined {
    const most = this.concurrency - Math.floor(this.concurrency * 0.1);
    let [at, fewest] = [-1, most];
    for (const [index, { row }] of this.ready.entries()) {
      const calls = this.running.get(row.tenant_id) ?? 0;
      if (calls < fewest) [at, fewest] = [index, calls];
      if (fewest === 0) break;
    }
    return at < 0 ? undefined : this.ready.splice(at, 1)[0];
  }

  private start(claim: Claim): void {
    const tenant = claim.row.tenant_id;
    this.active += 1;
    this.running.set(tenant, (this.running.get(tenant) ?? 0) + 1);
    void this.run(claim).then(async ({ settled }) => {
      this.active -= 1;
      this.settling += 1;
      const left = (this.running.get(tenant) ?? 1) - 1;
      if (left > 0) this.running.set(tenant, left);
      else this.running.delete(tenant);
      this.fill();
      await settled;
      this.settling -= 1;
      this.onFree();
    });
  }
}
