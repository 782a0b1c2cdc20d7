import { Injectable } from '@nestjs/common';
import { DispatchDatabase } from '@puente/database';
import { UNAUTHORIZED } from './integration-lanes';

/** A lane that waits because its credentials were refused. */
export interface PausedLane {
  readonly tenantId: string;
  readonly provider: string;
  readonly laneKey: string;
}

/** Paused again this soon after it was let go: the credentials work, and yet are refused for what its calls want. */
const IN_VAIN = `(paused_at < tried_at + interval '10 minutes')`;

/** Doubles with each try in vain, up to 64 times: about an hour. $2 milliseconds. */
const WAIT = `$2 * interval '1 ms' * CASE WHEN ${IN_VAIN} THEN power(2, least(vain_tries + 1, 6)) ELSE 1 END`;

/**
 * `probe_until` says who asks next and when: workers take turns by it, however many there are. `updated_at` stays as it
 * is, since it tells the ledger which answers are older than the last change.
 */
const TAKE_DUE = `
  WITH due AS (
    SELECT tenant_id, provider, lane_key FROM lanes
    WHERE paused_by = $1 AND coalesce(probe_until, paused_at + ${WAIT}) <= puente_now()
      AND EXISTS (SELECT FROM tenants t WHERE t.id = tenant_id AND t.status = 'active')
    ORDER BY coalesce(probe_until, paused_at) LIMIT $3 FOR UPDATE SKIP LOCKED)
  UPDATE lanes AS l SET probe_until = puente_now() + $2 * interval '1 ms'
  FROM due WHERE (l.tenant_id, l.provider, l.lane_key) = (due.tenant_id, due.provider, due.lane_key)
  RETURNING l.tenant_id AS "tenantId", l.provider, l.lane_key AS "laneKey"`;

/** $4 the integration whose lanes are about to be let go. */
const NOTE_TRY = `
  UPDATE lanes SET tried_at = puente_now(), vain_tries = CASE WHEN ${IN_VAIN} THEN vain_tries + 1 ELSE 0 END
  WHERE paused_by = $1 AND tenant_id = $2 AND provider = $3 AND (lane_key = $4 OR starts_with(lane_key, $4 || '/'))`;

/** The paused lanes of all active tenants whose turn it is. */
@Injectable()
export class PausedLanes {
  constructor(private readonly db: DispatchDatabase) {}

  /** Takes at most `max` lanes that were not asked about for `everyMs`; no other worker gets them meanwhile. */
  takeDue(everyMs: number, max: number): Promise<PausedLane[]> {
    return this.db.query<PausedLane>(TAKE_DUE, [UNAUTHORIZED, everyMs, max]);
  }

  /**
   * Before an integration's lanes go on because the probe passes. The probe cannot know what each call needs: a lane whose
   * calls are refused all the same is tried more and more rarely, and people are not told once a minute.
   */
  async noteTry(tenantId: string, provider: string, integration: string): Promise<void> {
    await this.db.query(NOTE_TRY, [UNAUTHORIZED, tenantId, provider, integration]);
  }
}
