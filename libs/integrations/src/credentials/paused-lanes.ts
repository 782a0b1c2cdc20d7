import { Injectable } from '@nestjs/common';
import { DispatchDatabase } from '@puente/database';
import { UNAUTHORIZED } from './integration-lanes';

/** A lane that waits because its credentials were refused. */
export interface PausedLane {
  readonly tenantId: string;
  readonly provider: string;
  readonly laneKey: string;
}

/**
 * `probe_until` says who asks next and when: workers take turns by it, however many there are. `updated_at` stays as it
 * is, since it tells the ledger which answers are older than the last change.
 */
const TAKE_DUE = `
  WITH due AS (
    SELECT tenant_id, provider, lane_key FROM lanes
    WHERE paused_by = $1 AND coalesce(probe_until, paused_at + $2 * interval '1 ms') <= puente_now()
      AND EXISTS (SELECT FROM tenants t WHERE t.id = tenant_id AND t.status = 'active')
    ORDER BY coalesce(probe_until, paused_at) LIMIT $3 FOR UPDATE SKIP LOCKED)
  UPDATE lanes AS l SET probe_until = puente_now() + $2 * interval '1 ms'
  FROM due WHERE (l.tenant_id, l.provider, l.lane_key) = (due.tenant_id, due.provider, due.lane_key)
  RETURNING l.tenant_id AS "tenantId", l.provider, l.lane_key AS "laneKey"`;

/** The paused lanes of all active tenants whose turn it is. */
@Injectable()
export class PausedLanes {
  constructor(private readonly db: DispatchDatabase) {}

  /** Takes at most `max` lanes that were not asked about for `everyMs`; no other worker gets them meanwhile. */
  takeDue(everyMs: number, max: number): Promise<PausedLane[]> {
    return this.db.query<PausedLane>(TAKE_DUE, [UNAUTHORIZED, everyMs, max]);
  }
}
