import { Injectable } from '@nestjs/common';
import { DispatchDatabase } from '@puente/database';
import { LANES_PER_CLAIM } from '../sql/claim';
import { FIND_LOST, MOST_PER_TURN, TAKE_DUE_TURN } from '../sql/due-turn';
import { DispatchMode } from '../dispatch-mode';
import { DatabaseWatch } from './database-watch';
import type { DueRef } from './due-announcer';
import { FIRST_LANE, type ScanEnd } from './scan-end';
import { TurnTools } from './turn-tools';
import { WorkHints } from './work-hints';

/** With so many messages under way the queue is slow, not lossy: sending more would only make it slower. */
const SLOW_DEPTH = 1_000;
/** Scans over lanes in one look. */
const SCANS = 10;

interface Found {
  readonly id: string | null;
  readonly tenant_id: string;
}

interface Lost extends Found {
  readonly lanes: number;
  /** Null: there was none to look at. */
  readonly last_tenant: string | null;
  readonly last_provider: string;
  readonly last_lane: string;
  readonly last_priority: number;
}

/**
 * The sweeper's part in mode `sqs`: nothing waits in the queue, so somebody has to send what had to wait once it is due;
 * and somebody has to send again what the queue lost. One worker at a time does it for all.
 */
@Injectable()
export class DueTurns {
  private readonly stopping = new AbortController();
  private readonly watch: DatabaseWatch;
  private finished: Promise<void> | undefined;
  private after: ScanEnd = FIRST_LANE;

  constructor(
    private readonly db: DispatchDatabase,
    private readonly mode: DispatchMode,
    private readonly hints: WorkHints,
    private readonly tools: TurnTools,
  ) {
    this.watch = new DatabaseWatch('send due operations', tools.time, tools.log);
  }

  start(): void {
    if (this.mode.queue) this.finished ??= this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.finished;
  }

  /** @returns how many operations were announced */
  async turn(): Promise<number> {
    const { sweepMs, lostAfterMs } = this.tools.settings;
    const rows = await this.db.query<Found & { readonly looks: boolean }>(TAKE_DUE_TURN, [
      Math.floor(sweepMs / 2),
      lostAfterMs,
    ]);
    const due = refsOf(rows);
    this.announce(due);
    const lost = rows[0]?.looks ? await this.lost() : [];
    if (lost.length > 0) {
      this.announce(lost);
      this.tools.notes.count('resent', lost.length);
      this.tools.log.notesLost(lost.length);
    }
    return due.length + lost.length;
  }

  private announce(refs: readonly DueRef[]): void {
    if (refs.length >= MOST_PER_TURN) this.hints.look();
    this.hints.due(refs);
  }

  private async lost(): Promise<DueRef[]> {
    if (await this.isSlow()) return [];
    const lost: DueRef[] = [];
    for (let scan = 0; scan < SCANS && lost.length < MOST_PER_TURN; scan++) {
      const params = [...this.after, this.tools.settings.lostAfterMs, MOST_PER_TURN - lost.length];
      const rows = await this.db.query<Lost>(FIND_LOST, params);
      lost.push(...refsOf(rows));
      const [end] = rows;
      const goesOn = end !== undefined && end.lanes >= LANES_PER_CLAIM && end.last_tenant !== null;
      this.after = goesOn ? [end.last_tenant, end.last_provider, end.last_lane, end.last_priority] : FIRST_LANE;
      if (!goesOn) break;
    }
    return lost;
  }

  /** A queue that does not answer is not filled either: workers look for themselves meanwhile. */
  private async isSlow(): Promise<boolean> {
    const { queue } = this.mode;
    if (!queue) return true;
    return (await queue.depth().catch(() => Infinity)) >= SLOW_DEPTH;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      let waitMs = this.tools.settings.sweepMs * (0.75 + 0.5 * this.tools.time.random.next());
      try {
        await this.turn();
        this.watch.answered();
      } catch (error) {
        waitMs = this.watch.failed(error);
      }
      await this.tools.time.clock.sleep(waitMs, signal);
    }
  }
}

function refsOf(rows: readonly Found[]): DueRef[] {
  return rows.flatMap(({ id, tenant_id: tenantId }) => (id === null ? [] : [{ id, tenantId }]));
}
