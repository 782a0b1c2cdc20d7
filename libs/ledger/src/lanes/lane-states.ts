import { Injectable, type OnModuleDestroy, Optional } from '@nestjs/common';
import { DispatchDatabase } from '@puente/database';
import type { LaneLook, LaneRef } from '@puente/resilience';
import { WorkHints } from '../dispatch/work-hints';
import { LedgerTime } from '../ledger-time';
import { LaneLimits } from '../ports/lane-limits.port';
import { type JudgedLane, READ_LANE, READ_LANES, type SeenLane } from '../sql/lane-circuit';
import { keyOf } from './circuit-rows';
import { CircuitLog } from './circuit-log';

interface LaneState {
  readonly failures: number;
  readonly opened: number;
  readonly cap: number | null;
  /** On our monotonic clock. */
  readonly openUntilMs: number;
  readonly probedUntilMs: number;
  /** When the database was asked. */
  readonly asOfMs: number;
}

/** Between two looks at all lanes. */
const REFRESH_MS = 1_000;
/** Before whoever was not the probe asks again. */
const PROBED_WAIT_MS = 1_000;

/**
 * What this process knows of the lanes: all that is not as usual, read each second, and at once what it caused itself.
 * So no call asks the database about its lane; a process that hears nothing from PostgreSQL goes by what it knew last.
 */
@Injectable()
export class LaneStates implements OnModuleDestroy {
  private lanes = new Map<string, LaneState>();
  private timer: NodeJS.Timeout | undefined;
  private refreshing: Promise<void> | undefined;

  constructor(
    private readonly db: DispatchDatabase,
    private readonly time: LedgerTime,
    private readonly hints: WorkHints,
    private readonly log: CircuitLog,
    @Optional() private readonly limits?: LaneLimits,
  ) {}

  look(lane: LaneRef): LaneLook {
    this.keepFresh();
    const state = this.lanes.get(keyOf(lane));
    if (!state) return { kind: 'free' };
    const nowMs = this.time.nowMs();
    if (state.openUntilMs > nowMs) return { kind: 'parked', retryAfterMs: Math.ceil(state.openUntilMs - nowMs) };
    if (state.opened === 0) return { kind: 'free' };
    const probedMs = state.probedUntilMs - nowMs;
    return { kind: 'half_open', retryAfterMs: probedMs > 0 ? Math.min(PROBED_WAIT_MS, Math.ceil(probedMs)) : 0 };
  }

  /** Whether an answer of the provider would change anything. */
  isNoted(lane: LaneRef): boolean {
    const state = this.lanes.get(keyOf(lane));
    return state !== undefined && (state.failures > 0 || state.opened > 0);
  }

  /** The lane's own number, or what its provider declares; undefined: nobody says. */
  capOf(lane: LaneRef): number | undefined {
    return this.lanes.get(keyOf(lane))?.cap ?? this.limits?.caps.get(lane.provider);
  }

  /** Providers, and how many calls at once they declare for each of their lanes: what a claim goes by. */
  get declaredCaps(): readonly [providers: string[], caps: number[]] {
    const caps = this.limits?.caps ?? new Map<string, number>();
    return [[...caps.keys()], [...caps.values()]];
  }

  /** A claim that the database let pass knows better than a memory from before it. */
  claimed(lane: LaneRef, askedAtMs: number, probe: boolean): void {
    if (probe) this.log.halfOpened(lane);
    else if (this.lanes.size > 0) this.letGo(keyOf(lane), askedAtMs);
  }

  /** What a group of calls did to its lanes, once that is committed. */
  judged(lanes: readonly JudgedLane[], askedAtMs: number): void {
    for (const lane of lanes) {
      this.set(lane, askedAtMs);
      if (lane.change !== 'same') this.log.turned(lane);
    }
    // A closed lane has work that nobody was hinted at.
    if (lanes.some(({ change }) => change === 'closed')) this.hints.look();
  }

  async reread({ tenantId, provider, laneKey }: LaneRef): Promise<void> {
    const askedAtMs = this.time.nowMs();
    const [row] = await this.db.query<SeenLane>(READ_LANE, [tenantId, provider, laneKey]);
    if (row) this.set(row, askedAtMs);
    else this.lanes.delete(keyOf({ tenantId, provider, laneKey }));
  }

  refresh(): Promise<void> {
    this.refreshing ??= this.readAll().finally(() => (this.refreshing = undefined));
    return this.refreshing;
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  private letGo(key: string, askedAtMs: number): void {
    const state = this.lanes.get(key);
    if (!state || state.asOfMs >= askedAtMs) return;
    this.lanes.set(key, { ...state, opened: 0, openUntilMs: 0, probedUntilMs: 0, asOfMs: askedAtMs });
  }

  private keepFresh(): void {
    if (this.timer !== undefined) return;
    // A lane that cannot be read goes by what was known of it; whether PostgreSQL answers is told by others.
    const refresh = (): void => void this.refresh().catch(() => undefined);
    this.timer = setInterval(refresh, REFRESH_MS).unref();
    refresh();
  }

  private async readAll(): Promise<void> {
    const askedAtMs = this.time.nowMs();
    const rows = await this.db.query<SeenLane>(READ_LANES);
    const newer = [...this.lanes].filter(([, { asOfMs }]) => asOfMs > askedAtMs);
    this.lanes = new Map();
    for (const row of rows) this.set(row, askedAtMs);
    for (const [key, state] of newer) this.lanes.set(key, state);
  }

  private set(row: SeenLane, askedAtMs: number): void {
    this.lanes.set(keyOf({ tenantId: row.tenant_id, provider: row.provider, laneKey: row.lane_key }), {
      failures: row.failures,
      opened: row.opened,
      cap: row.max_in_flight,
      openUntilMs: row.open_ms === null ? 0 : askedAtMs + row.open_ms,
      probedUntilMs: row.probe_ms === null ? 0 : askedAtMs + row.probe_ms,
      asOfMs: askedAtMs,
    });
  }
}
