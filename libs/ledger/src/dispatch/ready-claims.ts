import type { Claim } from './claimed-row';
import type { LaneLoad } from './claimer';

/** What runs of a lane, and of all lanes of its tenant. */
export interface Calls {
  readonly tenant: number;
  readonly lane: number;
}

export function laneOf({ row: { tenant_id, provider, lane_key } }: Claim): string {
  return `${tenant_id} ${provider} ${lane_key}`;
}

/** Of so many starts one is for what is least urgent: whatever was claimed gets on. */
const EVERY = 8;

/**
 * Claims that wait for a place: urgent before others (interactive work of any tenant is not behind the bulk of another),
 * and among equally urgent ones those of the tenant with the fewest calls, of its lanes the one with the fewest. Finding
 * the next one costs a few steps, however many wait: tenants without a call are found at once, and there are no more
 * other lanes than places.
 */
export class ReadyClaims {
  /** By priority and lane, in the order of their claims. */
  private readonly classes = new Map<number, Map<string, Claim[]>>();
  private priorities: readonly number[] = [];
  private count = 0;
  private starts = 0;

  get size(): number {
    return this.count;
  }

  add(claim: Claim): void {
    const lanes = this.classOf(claim.row.priority);
    const lane = laneOf(claim);
    const waiting = lanes.get(lane);
    if (waiting) waiting.push(claim);
    else lanes.set(lane, [claim]);
    this.count += 1;
  }

  /**
   * The next one of a lane that may have one more.
   *
   * @param calls how many a lane has, and its tenant
   */
  next(calls: (lane: string) => Calls, may: (calls: Calls) => boolean): Claim | undefined {
    if (this.count === 0) return undefined;
    const order = this.starts % EVERY === EVERY - 1 ? [...this.priorities].reverse() : this.priorities;
    for (const priority of order) {
      const lanes = this.classes.get(priority);
      const lane = lanes && fewest(lanes.keys(), calls, may);
      if (lanes && lane !== undefined) return this.take(priority, lanes, lane);
    }
    return undefined;
  }

  /** All of them; none waits any more. */
  drain(): Claim[] {
    const all = [...this.classes.values()].flatMap((lanes) => [...lanes.values()].flat());
    this.classes.clear();
    this.priorities = [];
    this.count = 0;
    return all;
  }

  /** What waits, added to what is there. */
  countInto(loads: Map<string, LaneLoad>): void {
    for (const lanes of this.classes.values())
      for (const [lane, claims] of lanes) {
        const [first] = claims;
        if (!first) continue;
        const { tenant_id, provider, lane_key } = first.row;
        const n = (loads.get(lane)?.n ?? 0) + claims.length;
        loads.set(lane, { tenant_id, provider, lane_key, n });
      }
  }

  private classOf(priority: number): Map<string, Claim[]> {
    const known = this.classes.get(priority);
    if (known) return known;
    const made = new Map<string, Claim[]>();
    this.classes.set(priority, made);
    this.priorities = [...this.classes.keys()].sort((a, b) => a - b);
    return made;
  }

  private take(priority: number, lanes: Map<string, Claim[]>, lane: string): Claim | undefined {
    const waiting = lanes.get(lane) ?? [];
    const claim = waiting.shift();
    lanes.delete(lane);
    if (waiting.length > 0) lanes.set(lane, waiting); // behind the others that have as many calls
    if (lanes.size === 0) {
      this.classes.delete(priority);
      this.priorities = this.priorities.filter((each) => each !== priority);
    }
    this.count -= 1;
    this.starts += 1;
    return claim;
  }
}

function fewest(
  lanes: Iterable<string>,
  calls: (lane: string) => Calls,
  may: (calls: Calls) => boolean,
): string | undefined {
  let [best, least]: [string | undefined, Calls] = [undefined, { tenant: Infinity, lane: Infinity }];
  for (const lane of lanes) {
    const has = calls(lane);
    const isLess = has.tenant < least.tenant || (has.tenant === least.tenant && has.lane < least.lane);
    if (isLess && may(has)) [best, least] = [lane, has];
    if (least.tenant === 0) break;
  }
  return best;
}
