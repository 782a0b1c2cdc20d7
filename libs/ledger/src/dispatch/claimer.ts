import { Injectable } from '@nestjs/common';
import { DispatchDatabase } from '@puente/database';
import { LedgerMetrics } from '../ledger-metrics';
import { LedgerSettings } from '../ledger-settings';
import { LedgerTime } from '../ledger-time';
import { LaneStates } from '../lanes/lane-states';
import { ANY_QUARANTINED, CLAIM, CLAIM_OFFERED, CLAIM_QUARANTINED, LANES_PER_CLAIM } from '../sql/claim';
import type { Claim, ClaimedRow } from './claimed-row';
import { FIRST_LANE, type ScanEnd } from './scan-end';

/** Share of the places a tenant gets while others wait, and the part nobody gets beyond that share. */
const SHARE = 0.4;
/** The same of one lane among the lanes of its tenant. */
const LANE_SHARE = 0.25;
const RESERVE = 0.1;

interface ClaimAnswer extends ClaimedRow {
  readonly lanes: number;
  readonly candidates: number;
  readonly picked: number;
  /** Lanes that have a row of their own only now: the next claim may take from them. */
  readonly made: number;
  readonly last_tenant: string | null;
  readonly last_provider: string | null;
  readonly last_lane: string | null;
  readonly last_priority: number | null;
}

interface OfferAnswerRow extends ClaimedRow {
  readonly made: number;
  readonly left_over: readonly string[];
}

/** Kept free of tenants beyond their share, of so many places in all. */
export function reserveOf(capacity: number): number {
  return Math.floor(capacity * RESERVE);
}

/** The places of a worker. */
export interface Places {
  readonly free: number;
  /** In all. */
  readonly capacity: number;
}

/** What a lane has in flight in this process. */
export interface LaneLoad {
  readonly tenant_id: string;
  readonly provider: string;
  readonly lane_key: string;
  readonly n: number;
}
export type InFlight = readonly LaneLoad[];

export interface ClaimedGroup {
  readonly claims: readonly Claim[];
  /** More is due than was taken, or not all lanes have been looked at since the last hint. */
  readonly more: boolean;
  /** Another worker was faster with some of it. */
  readonly contended: boolean;
}

export interface ClaimedOffer {
  readonly claims: readonly Claim[];
  /** Due, and only for want of a place not claimed. */
  readonly leftOver: readonly string[];
}

/** Takes due operations from the ledger, fairly. Remembers where the scan over lanes ended, so that all get their turn. */
@Injectable()
export class Claimer {
  private after: ScanEnd = FIRST_LANE;
  /** Ends of the scan that must still be reached before every lane has been seen since the last hint. */
  private endsLeft = 1;

  constructor(
    private readonly db: DispatchDatabase,
    private readonly settings: LedgerSettings,
    private readonly time: LedgerTime,
    private readonly metrics: LedgerMetrics,
    private readonly lanes: LaneStates,
  ) {}

  /** @param anew a hint came: all lanes are to be looked at again */
  async claim(places: Places, inFlight: InFlight, anew: boolean): Promise<ClaimedGroup> {
    if (anew) this.endsLeft = this.after === FIRST_LANE ? 1 : 2;
    const askedAtMs = this.time.nowMs();
    const answers = await this.db.query<ClaimAnswer>(CLAIM, [
      ...this.fairness(places, inFlight),
      ...this.after,
      ...this.lanes.declaredCaps,
    ]);
    const rows = answers.filter(isRow);
    const [ending] = answers;
    this.moveOn(ending);
    const more =
      this.endsLeft > 0 ||
      (ending?.made ?? 0) > 0 ||
      (ending?.candidates ?? 0) > rows.length ||
      rows.length >= places.free;
    return { claims: this.claims(rows, askedAtMs), more, contended: (ending?.picked ?? 0) > rows.length };
  }

  /** Of these operations, by their ids, those that are due and may run. */
  async claimOffered(ids: readonly string[], places: Places, inFlight: InFlight): Promise<ClaimedOffer> {
    const askedAtMs = this.time.nowMs();
    const ask = (room: Places): Promise<OfferAnswerRow[]> =>
      this.db.query<OfferAnswerRow>(CLAIM_OFFERED, [...this.fairness(room, inFlight), ids, ...this.lanes.declaredCaps]);
    const answers = await ask(places);
    const rows = answers.filter(isRow);
    // The first operation of a lane whose calls are counted: only now there is a row to count in.
    if ((answers[0]?.made ?? 0) > 0 && rows.length < places.free)
      rows.push(...(await ask({ ...places, free: places.free - rows.length })).filter(isRow));
    return { claims: this.claims(rows, askedAtMs), leftOver: answers[0]?.left_over ?? [] };
  }

  /** One operation that has crashed its worker before. For a worker that holds nothing else. */
  async claimQuarantined(): Promise<Claim | undefined> {
    const askedAtMs = this.time.nowMs();
    const { workerOwner, leaseMs } = this.settings;
    const rows = await this.db.query<ClaimedRow>(CLAIM_QUARANTINED, [workerOwner, leaseMs]);
    return this.claims(rows, askedAtMs)[0];
  }

  async anyQuarantined(): Promise<boolean> {
    return (await this.db.query<{ waiting: boolean }>(ANY_QUARANTINED))[0]?.waiting ?? false;
  }

  private fairness({ free, capacity }: Places, inFlight: InFlight): unknown[] {
    const { workerOwner, leaseMs } = this.settings;
    const part = (of: number): number => Math.max(1, Math.ceil(capacity * of));
    const held = JSON.stringify(inFlight);
    return [workerOwner, leaseMs, free, held, part(LANE_SHARE), part(SHARE), reserveOf(capacity)];
  }

  private moveOn(ending: ClaimAnswer | undefined): void {
    const { lanes = 0, last_tenant = null, last_provider, last_lane, last_priority } = ending ?? {};
    if (lanes < LANES_PER_CLAIM || last_tenant === null) {
      this.after = FIRST_LANE;
      this.endsLeft = Math.max(0, this.endsLeft - 1);
    } else this.after = [last_tenant, last_provider ?? '', last_lane ?? '', last_priority ?? 0];
  }

  private claims(rows: readonly ClaimedRow[], askedAtMs: number): Claim[] {
    const answeredAtMs = this.time.nowMs();
    this.metrics.claimed(rows.map(({ leased_at, next_attempt_at }) => leased_at.getTime() - next_attempt_at.getTime()));
    return rows.map((row) => {
      const lane = { tenantId: row.tenant_id, provider: row.provider, laneKey: row.lane_key };
      this.lanes.claimed(lane, askedAtMs, row.lane_probe);
      return { row, askedAtMs, answeredAtMs };
    });
  }
}

/** The answer of a claim that took nothing is about the claim alone. */
function isRow({ id }: ClaimedRow): boolean {
  return (id as string | null) !== null;
}
