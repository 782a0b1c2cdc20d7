import type { Claim } from './claimed-row';
import type { LaneLoad } from './claimer';
import { type Calls, laneOf, ReadyClaims } from './ready-claims';

/** A call that has ended; its result is on its way to the database. */
export interface Ended {
  /** Resolves when the claim is off our hands. Never rejects. */
  readonly settled: Promise<void>;
}

/** What the slots do with a claim once it has a place: resolves when the call has ended, and must not throw. */
export type Run = (claim: Claim) => Promise<Ended>;

/** Places beyond the ordinary ones, as a part of these, for tenants that have not even so many calls. */
const EXTRA = 0.1;

/** Whoever looks after the slots hears of each claim twice: when its call has ended, and when it is off our hands. */
export interface SlotEvents {
  readonly freed: () => void;
  readonly settled: () => void;
}

/**
 * The places of one worker: a bounded number of calls, and claims in advance that wait for one. A place is free again
 * as soon as its call has ended; the commit of its result takes no call's place. The start is fair like the claim. A
 * tenant that is alone has all ordinary places; should all its calls hang, others still have the extra ones, and half of
 * these also its own lanes that have hardly a call.
 */
export class WorkSlots {
  private readonly ready = new ReadyClaims();
  private readonly running = new Map<string, number>();
  private readonly lanes = new Map<string, LaneLoad>();
  private readonly extra: number;
  private active = 0;
  private settling = 0;
  private closed = false;

  constructor(
    private readonly concurrency: number,
    private readonly run: Run,
    private readonly on: SlotEvents,
  ) {
    this.extra = Math.floor(concurrency * EXTRA);
  }

  /** Claims held: waiting, running or being settled. */
  get size(): number {
    return this.ready.size + this.active + this.settling;
  }

  /**
   * Places that are taken: claims that wait or run. Results on their way to the database take none, else a commit that
   * takes long would leave calls' places empty; but for those beyond `mostSettling`, which says that commits fall behind.
   */
  taken(mostSettling: number): number {
    return this.ready.size + this.active + Math.max(0, this.settling - mostSettling);
  }

  /** Per lane, running and waiting. */
  inFlight(): LaneLoad[] {
    const loads = new Map(this.lanes);
    this.ready.countInto(loads);
    return [...loads.values()];
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
    const { active, concurrency, extra } = this;
    const half = Math.ceil(extra / 2);
    const calls = (lane: string): Calls => ({ tenant: this.callsOfTenant(lane), lane: this.lanes.get(lane)?.n ?? 0 });
    if (active < concurrency) return this.ready.next(calls, ({ tenant }) => tenant < concurrency);
    if (active >= concurrency + extra) return undefined;
    const few = ({ tenant, lane }: Calls): boolean =>
      tenant < extra || (lane < half && active < concurrency + half && tenant < concurrency + half);
    return this.ready.next(calls, few);
  }

  /** A lane's name begins with its tenant's. */
  private callsOfTenant(lane: string): number {
    return this.running.get(lane.slice(0, lane.indexOf(' '))) ?? 0;
  }

  private count(lane: string, { row: { tenant_id, provider, lane_key } }: Claim, more: 1 | -1): void {
    const n = (this.lanes.get(lane)?.n ?? 0) + more;
    if (n > 0) this.lanes.set(lane, { tenant_id, provider, lane_key, n });
    else this.lanes.delete(lane);
    const calls = (this.running.get(tenant_id) ?? 0) + more;
    if (calls > 0) this.running.set(tenant_id, calls);
    else this.running.delete(tenant_id);
  }

  private start(claim: Claim): void {
    const lane = laneOf(claim);
    this.active += 1;
    this.count(lane, claim, 1);
    void this.run(claim).then(async ({ settled }) => {
      this.active -= 1;
      this.settling += 1;
      this.count(lane, claim, -1);
      this.fill();
      this.on.freed();
      await settled;
      this.settling -= 1;
      this.on.settled();
    });
  }
}
