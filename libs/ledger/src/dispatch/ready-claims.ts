import type { Claim } from './claimed-row';

/** Of so many starts one is for what is least urgent: whatever was claimed gets on. */
const EVERY = 8;

/**
 * Claims that wait for a place: urgent before others (interactive work of any tenant is not behind the bulk of another),
 * and among equally urgent ones those of the tenant with the fewest calls. Finding the next one costs a few steps,
 * however many wait: tenants without a call are found at once, and there are no more others than places.
 */
export class ReadyClaims {
  /** By priority and tenant, in the order of their claims. */
  private readonly classes = new Map<number, Map<string, Claim[]>>();
  private priorities: readonly number[] = [];
  private count = 0;
  private starts = 0;

  get size(): number {
    return this.count;
  }

  add(claim: Claim): void {
    const { priority, tenant_id } = claim.row;
    const tenants = this.classOf(priority);
    const waiting = tenants.get(tenant_id);
    if (waiting) waiting.push(claim);
    else tenants.set(tenant_id, [claim]);
    this.count += 1;
  }

  /**
   * The next one of a tenant that has fewer than `most` calls.
   *
   * @param calls how many a tenant has
   */
  next(calls: (tenantId: string) => number, most: number): Claim | undefined {
    if (this.count === 0) return undefined;
    const order = this.starts % EVERY === EVERY - 1 ? [...this.priorities].reverse() : this.priorities;
    for (const priority of order) {
      const tenants = this.classes.get(priority);
      const tenantId = tenants && fewest(tenants.keys(), calls, most);
      if (tenants && tenantId !== undefined) return this.take(priority, tenants, tenantId);
    }
    return undefined;
  }

  /** All of them; none waits any more. */
  drain(): Claim[] {
    const all = [...this.classes.values()].flatMap((tenants) => [...tenants.values()].flat());
    this.classes.clear();
    this.priorities = [];
    this.count = 0;
    return all;
  }

  countInto(counts: Map<string, number>): void {
    for (const tenants of this.classes.values())
      for (const [tenantId, { length }] of tenants) counts.set(tenantId, (counts.get(tenantId) ?? 0) + length);
  }

  private classOf(priority: number): Map<string, Claim[]> {
    const known = this.classes.get(priority);
    if (known) return known;
    const made = new Map<string, Claim[]>();
    this.classes.set(priority, made);
    this.priorities = [...this.classes.keys()].sort((a, b) => a - b);
    return made;
  }

  private take(priority: number, tenants: Map<string, Claim[]>, tenantId: string): Claim | undefined {
    const waiting = tenants.get(tenantId) ?? [];
    const claim = waiting.shift();
    tenants.delete(tenantId);
    if (waiting.length > 0) tenants.set(tenantId, waiting); // behind the others that have as many calls
    if (tenants.size === 0) {
      this.classes.delete(priority);
      this.priorities = this.priorities.filter((each) => each !== priority);
    }
    this.count -= 1;
    this.starts += 1;
    return claim;
  }
}

function fewest(tenants: Iterable<string>, calls: (tenantId: string) => number, most: number): string | undefined {
  let [best, least]: [string | undefined, number] = [undefined, most];
  for (const tenantId of tenants) {
    const has = calls(tenantId);
    if (has < least) [best, least] = [tenantId, has];
    if (least === 0) break;
  }
  return best;
}
