import { Injectable } from '@nestjs/common';
import { DispatchDatabase } from '@puente/database';
import { LedgerMetrics } from '../ledger-metrics';
import { LedgerSettings } from '../ledger-settings';
import { LedgerTime } from '../ledger-time';
import { ANY_QUARANTINED, CLAIM, CLAIM_QUARANTINED, LANES_PER_CLAIM } from '../sql/claim';
import type { Claim, ClaimedRow } from './claimed-row';

/** Share of the places a tenant gets while others wait, and the part nobody gets beyond that share. */
const SHARE = 0.4;
const RESERVE = 0.1;

type ScanEnd = readonly [tenant: string, provider: string, lane: string, priority: number];
const FIRST_LANE: ScanEnd = ['00000000-0000-0000-0000-000000000000', '', '', -32_768];

interface ClaimAnswer extends ClaimedRow {
  readonly lanes: number;
  readonly picked: number;
  readonly last_tenant: string | null;
  readonly last_provider: string | null;
  readonly last_lane: string | null;
  readonly last_priority: number | null;
}

/** What a tenant has in flight in this process. */
export type InFlight = ReadonlyMap<string, number>;

export interface ClaimedGroup {
  readonly claims: readonly Claim[];
  /** There may be more right now: places were filled, other lanes not looked at, or another worker was faster. */
  readonly more: boolean;
}

/** Takes due operations from the ledger, fairly. Remembers where the scan over lanes ended, so that all get their turn. */
@Injectable()
export class Claimer {
  private after = FIRST_LANE;

  constructor(
    private readonly db: DispatchDatabase,
    private readonly settings: LedgerSettings,
    private readonly time: LedgerTime,
    private readonly metrics: LedgerMetrics,
  ) {}

  async claim(places: number, inFlight: InFlight): Promise<ClaimedGroup> {
    const { workerOwner, leaseMs, concurrency, prefetch } = this.settings;
    const capacity = concurrency + prefetch;
    const share = Math.max(1, Math.ceil(capacity * SHARE));
    const reserve = Math.floor(capacity * RESERVE);
    const began = this.after;
    const askedAtMs = this.time.nowMs();
    const answers = await this.db.query<ClaimAnswer>(CLAIM, [
      ...[workerOwner, leaseMs, places, [...inFlight.keys()], [...inFlight.values()], share, reserve],
      ...began,
    ]);
    const rows = answers.filter(({ id }) => (id as string | null) !== null);
    const [ending] = answers;
    const wrapped = this.moveOn(ending);
    const contended = (ending?.picked ?? 0) > rows.length;
    const unseen = !wrapped || began !== FIRST_LANE;
    return { claims: this.claims(rows, askedAtMs), more: rows.length >= places || contended || unseen };
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

  /** @returns whether the scan reached the end, so that the next one begins at the start again */
  private moveOn(ending: ClaimAnswer | undefined): boolean {
    const { lanes = 0, last_tenant, last_provider, last_lane, last_priority } = ending ?? {};
    if (lanes < LANES_PER_CLAIM || last_tenant == null) {
      this.after = FIRST_LANE;
      return true;
    }
    this.after = [last_tenant, last_provider ?? '', last_lane ?? '', last_priority ?? 0];
    return false;
  }

  private claims(rows: readonly ClaimedRow[], askedAtMs: number): Claim[] {
    this.metrics.claimed(rows.map(({ leased_at, next_attempt_at }) => leased_at.getTime() - next_attempt_at.getTime()));
    return rows.map((row) => ({ row, askedAtMs }));
  }
}
