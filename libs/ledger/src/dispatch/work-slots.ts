import type { Claim } from './claimed-row';

/** What the slots do with a claim once it has a place. Must not throw. */
export type Run = (claim: Claim) => Promise<void>;

/**
 * The places of one worker: a bounded number of calls, and claims in advance that wait for one. Like the claim, the
 * start is fair: a tenant whose calls all hang leaves a part of the places to others.
 */
export class WorkSlots {
  private readonly ready: Claim[] = [];
  private readonly running = new Map<string, number>();
  private active = 0;

  constructor(
    private readonly concurrency: number,
    private readonly run: Run,
    private readonly onFree: () => void,
  ) {}

  /** Claims held, running or waiting. */
  get size(): number {
    return this.active + this.ready.length;
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
    const at = this.ready.findIndex(({ row }) => (this.running.get(row.tenant_id) ?? 0) < most);
    return at < 0 ? undefined : this.ready.splice(at, 1)[0];
  }

  private start(claim: Claim): void {
    const tenant = claim.row.tenant_id;
    this.active += 1;
    this.running.set(tenant, (this.running.get(tenant) ?? 0) + 1);
    void this.run(claim).finally(() => {
      this.active -= 1;
      const left = (this.running.get(tenant) ?? 1) - 1;
      if (left > 0) this.running.set(tenant, left);
      else this.running.delete(tenant);
      this.fill();
      this.onFree();
    });
  }
}
