import type { Claim } from './claimed-row';
import { ReadyClaims } from './ready-claims';

/** A call that has ended; its result is on its way to the database. */
export interface Ended {
  /** Resolves when the claim is off our hands. Never rejects. */
  readonly settled: Promise<void>;
}

/** What the slots do with a claim once it has a place: resolves when the call has ended, and must not throw. */
export type Run = (claim: Claim) => Promise<Ended>;

/** Places beyond the ordinary ones, as a part of these, for tenants that have not even so many calls. */
const EXTRA = 0.1;

/**
 * The places of one worker: a bounded number of calls, and claims in advance that wait for one. A place is free again
 * as soon as its call has ended; the commit of its result takes no call's place. The start is fair like the claim. A
 * tenant that is alone has all ordinary places; should all its calls hang, others still have the extra ones.
 */
export class WorkSlots {
  private readonly ready = new ReadyClaims();
  private readonly running = new Map<string, number>();
  private readonly extra: number;
  private active = 0;
  private settling = 0;
  private closed = false;

  constructor(
    private readonly concurrency: number,
    private readonly run: Run,
    private readonly onFree: () => void,
  ) {
    this.extra = Math.floor(concurrency * EXTRA);
  }

  /** Claims held: waiting, running or being settled. */
  get size(): number {
    return this.ready.size + this.active + this.settling;
  }

  /** Per tenant, running and waiting. */
  inFlight(): Map<string, number> {
    const counts = new Map(this.running);
    this.ready.countInto(counts);
    return counts;
  }

  add(claims: readonly Claim[]): void {
    for (const claim of claims) this.ready.add(claim);
    this.fill();
  }

  /** Begins nothing any more. Calls in flight go on. */
  close(): void {
    this.closed = true;
  }

  /** Takes back what has not begun. */
  takeReady(): Claim[] {
    return this.ready.drain();
  }

  private fill(): void {
    while (!this.closed) {
      const claim = this.next();
      if (!claim) return;
      this.start(claim);
    }
  }

  private next(): Claim | undefined {
    const calls = (tenantId: string): number => this.running.get(tenantId) ?? 0;
    if (this.active < this.concurrency) return this.ready.next(calls, this.concurrency);
    return this.active < this.concurrency + this.extra ? this.ready.next(calls, this.extra) : undefined;
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
