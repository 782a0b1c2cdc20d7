import { Injectable } from '@nestjs/common';
import { DispatchDatabase } from '@puente/database';
import { type LaneLook, type LaneRef, type LaneReport, LaneStore } from '@puente/resilience';
import { done, GroupCommit } from '@puente/kernel';
import { TAKE_PROBE } from '../sql/lane-circuit';
import { CircuitLog } from './circuit-log';
import type { JudgedCall } from './circuit-rows';
import { LaneStates } from './lane-states';
import { LaneWriter } from './lane-writer';

/** The lanes of all processes, for calls that no claim has admitted: synchronous ones and reads. */
@Injectable()
export class SharedLaneStore extends LaneStore {
  private readonly group: GroupCommit<JudgedCall, undefined>;

  constructor(
    private readonly db: DispatchDatabase,
    private readonly states: LaneStates,
    private readonly writer: LaneWriter,
    private readonly log: CircuitLog,
  ) {
    super();
    this.group = new GroupCommit({ maxSize: 500, maxInFlight: 1, waitMs: 20 }, (calls) => this.write(calls));
  }

  look(lane: LaneRef): LaneLook {
    return this.states.look(lane);
  }

  capOf(lane: LaneRef): number | undefined {
    return this.states.capOf(lane);
  }

  async probe(lane: LaneRef, callId: string): Promise<LaneLook | { readonly kind: 'probe' }> {
    const { tenantId, provider, laneKey } = lane;
    try {
      const [taken] = await this.db.query(TAKE_PROBE, [tenantId, provider, laneKey, callId]);
      await this.states.reread(lane);
      if (!taken) return this.states.look(lane);
    } catch {
      // Without the database nobody can say who probes; it stays as it was.
      return { kind: 'half_open', retryAfterMs: 1_000 };
    }
    this.log.halfOpened(lane);
    return { kind: 'probe' };
  }

  report(lane: LaneRef, { verdict, callId, probe, breaker, parkMs }: LaneReport): void {
    const changes = verdict === 'failed' || probe || parkMs !== undefined;
    if (!changes && !(verdict === 'answered' && this.states.isNoted(lane))) return;
    const { tenantId, provider, laneKey } = lane;
    const call = { lane: { tenantId, provider, laneKey }, verdict, callId, probe, breaker, parkMs };
    // What is lost with the database is one count: the next calls report again.
    this.group.add(call).catch(() => undefined);
  }

  private async write(calls: readonly JudgedCall[]) {
    const afterCommit = await this.db.transaction((tx) => this.writer.write(tx, [], calls));
    afterCommit();
    return calls.map(() => done(undefined));
  }
}
