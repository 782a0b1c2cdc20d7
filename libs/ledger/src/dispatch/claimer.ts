import { Injectable } from '@nestjs/common';
import { DispatchDatabase } from '@puente/database';
import { LedgerMetrics } from '../ledger-metrics';
import { LedgerSettings } from '../ledger-settings';
import { LedgerTime } from '../ledger-time';
import { LaneStates } from '../lanes/lane-states';
import { ANY_QUARANTINED, CLAIM, CLAIM_QUARANTINED, LANES_PER_CLAIM } from '../sql/claim';
import type { Claim, ClaimedRow } from './claimed-row';

/** Share of the places a tenant gets while others wait, and the part nobody gets beyond that share. */
const SHARE = 0.4;
const RESERVE = 0.1;

type ScanEnd = readonly [tenant: string, provider: string, lane: string, priority: number];
const FIRST_LANE: ScanEnd = ['00000000-0000-0000-0000-000000000000', '', '', -32_768];

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

/** What a tenant has in flight in this process. */
export type InFlight = ReadonlyMap<string, number>;

export interface ClaimedGroup {
  readonly claims: readonly Claim[];
  /** More is due than was taken, or not all lanes have been looked at since the last hint. */
  readonly more: boolean;
  /** Another worker was faster with some of it. */
  readonly contended: boolean;
}

/** Takes due operations from the ledger, fairly. Remembers where the scan over lanes ended, so that all get their turn. */
@Injectable()
export class Claimer {
  private after = FIRST_LANE;
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
  async claim(places: number, inFlight: InFlight, anew: boolean): Promise<ClaimedGroup> {
    const { workerOwner, leaseMs } = this.settings;
    const { share, reserve } = this.bounds;
    if (anew) this.endsLeft = this.after === FIRST_LANE ? 1 : 2;
    const askedAtMs = this.time.nowMs();
    const answers = await this.db.query<ClaimAnswer>(CLAIM, [
      ...[workerOwner, leaseMs, places, [...inFlight.keys()], [...inFlight.values()], share, reserve],
      ...this.after,
      ...[[], []],
    ]);
    const rows = answers.filter(({ id }) => (id as string | null) !== null);
    const [ending] = answers;
    this.moveOn(ending);
    const more =
      this.endsLeft > 0 || (ending?.made ?? 0) > 0 || (ending?.candidates ?? 0) > rows.length || rows.length >= places;
    return { claims: this.claims(rows, askedAtMs), more, contended: (ending?.picked ?? 0) > rows.length };
  }

  /** What one tenant may have in flight while others wait, and what is kept free of tenants beyond that. */
  get bounds(): { readonly share: number; readonly reserve: number } {
    const capacity = this.settings.concurrency + this.settings.prefetch;
    return { share: Math.max(1, Math.ceil(capacity * SHARE)), reserve: Math.floor(capacity * RESERVE) };
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

  private moveOn(ending: ClaimAnswer | undefined): void {
    const { lanes = 0, last_tenant = null, last_provider, last_lane, last_priority } = ending ?? {};
    if (lanes < LANES_PER_CLAIM || last_tenant === null) {
      this.after = FIRST_LANE;
      this.endsLeft = Math.max(0, this.endsLeft - 1);
    } else this.after = [last_tenant, last_provider ?? '', last_lane ?? '', last_priority ?? 0];
  }

  private claims(rows: readonly ClaimedRow[], askedAtMs: number): Claim[] {
    this.metrics.claimed(rows.map(({ leased_at, next_attempt_at }) => leased_at.getTime() - next_attempt_at.getTime()));
    return rows.map((row) => {
      const lane = { tenantId: row.tenant_id, provider: row.provider, laneKey: row.lane_key };
      this.lanes.claimed(lane, askedAtMs, row.lane_probe);
      return { row, askedAtMs };
    });
  }
}
