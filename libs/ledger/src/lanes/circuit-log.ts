import { Injectable, Logger } from '@nestjs/common';
import { Metrics } from '@puente/observability';
import type { LaneRef } from '@puente/resilience';
import type { Counter } from 'prom-client';
import type { JudgedLane } from '../sql/lane-circuit';

/** Each turn of a lane's circuit, for people and for alarms. */
@Injectable()
export class CircuitLog {
  private readonly log = new Logger('Lanes');
  private readonly turns: Counter<'provider' | 'turn'>;

  constructor(metrics: Metrics) {
    this.turns = metrics.counter({
      name: 'puente_lane_turns_total',
      help: 'Circuits of lanes that opened, were probed (half_opened) or closed.',
      labelNames: ['provider', 'turn'],
    });
  }

  turned({ change, ...lane }: JudgedLane): void {
    const { tenant_id: tenantId, provider, lane_key: laneKey, failures, opened, open_ms } = lane;
    if (change === 'opened') {
      const openMs = Math.round(open_ms ?? 0);
      const line = `Circuit of lane ${provider}/${laneKey} opened: ${String(failures)} failures in a row. No calls for ${String(openMs)} ms`;
      this.turns.inc({ provider, turn: 'opened' });
      this.log.warn({ event: 'lane.opened', tenantId, provider, laneKey, failures, opened, openMs }, line);
    } else if (change === 'closed') {
      this.turns.inc({ provider, turn: 'closed' });
      this.log.log(
        { event: 'lane.closed', tenantId, provider, laneKey },
        `Circuit of lane ${provider}/${laneKey} closed: the provider answers again`,
      );
    }
  }

  halfOpened({ tenantId, provider, laneKey }: LaneRef): void {
    this.turns.inc({ provider, turn: 'half_opened' });
    this.log.log(
      { event: 'lane.half_opened', tenantId, provider, laneKey },
      `Lane ${provider}/${laneKey} asks its provider with one call`,
    );
  }
}
