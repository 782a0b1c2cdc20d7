import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '@puente/database';
import { isUuid } from '@puente/kernel';
import { STATUS_SQL, WITH_OPERATION } from './delivery-status';
import { findTarget } from './event-rows';
import { WebhookEndpointNotFoundError } from './webhooks.errors';

export interface EndpointStats {
  /** Deliveries that were published in the last so many hours are counted. */
  readonly hours: number;
  readonly delivered: number;
  /** All tries failed, or the receiver said 410. */
  readonly failed: number;
  readonly pending: number;
  readonly held: number;
  /** From publishing to the receiver's answer, retries included; null without a delivery. */
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number } | null;
  /** Age of the oldest delivery that waits, whenever it was published; null when none does. */
  readonly queueAgeMs: number | null;
  /** Only the newest so many were counted. */
  readonly isSample: boolean;
}

/** More than this is counted by a sample of the newest. */
const SAMPLE = 20_000;

const COUNTED = `
  SELECT count(*) FILTER (WHERE status = 'delivered')::int AS delivered,
    count(*) FILTER (WHERE status IN ('exhausted', 'gone'))::int AS failed,
    count(*) FILTER (WHERE status = 'pending')::int AS pending, count(*) FILTER (WHERE status = 'held')::int AS held,
    count(*) = $4::int AS "isSample",
    percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY ms) FILTER (WHERE status = 'delivered') AS latency
  FROM (
    SELECT ${STATUS_SQL} AS status, round(extract(epoch FROM o.settled_at - d.created_at) * 1000)::int AS ms
    FROM (SELECT * FROM webhook_deliveries
      WHERE tenant_id = $1 AND endpoint_id = $2 AND created_at > puente_now() - make_interval(hours => $3)
      ORDER BY id DESC LIMIT $4) AS d ${WITH_OPERATION}) AS each`;

const OLDEST = `
  SELECT round(extract(epoch FROM puente_now() - min(created_at)) * 1000)::float8 AS age FROM operations
  WHERE tenant_id = $1 AND provider = 'webhooks' AND lane_key = $2 AND state IN ('queued', 'unknown')`;

interface Counted extends Pick<EndpointStats, 'delivered' | 'failed' | 'pending' | 'held' | 'isSample'> {
  readonly latency: readonly [number, number, number] | null;
}

/** How an endpoint does, from the ledger itself: nothing is counted beside it. */
@Injectable()
export class EndpointStatistics {
  constructor(private readonly database: TenantDatabase) {}

  /** @throws {WebhookEndpointNotFoundError} */
  async of(tenantId: string, endpointId: string, hours: number): Promise<EndpointStats> {
    return this.database.run(tenantId, async (tx) => {
      if (!isUuid(endpointId) || !(await findTarget(tx, tenantId, endpointId)))
        throw new WebhookEndpointNotFoundError(endpointId);
      const [counted] = await tx.query<Counted>(COUNTED, [tenantId, endpointId, hours, SAMPLE]);
      const [oldest] = await tx.query<{ age: number | null }>(OLDEST, [tenantId, endpointId]);
      const { latency, ...counts } = counted ?? { ...NOTHING, latency: null };
      const [p50 = 0, p95 = 0, p99 = 0] = latency ?? [];
      return { hours, ...counts, latencyMs: latency && { p50, p95, p99 }, queueAgeMs: oldest?.age ?? null };
    });
  }
}

const NOTHING = { delivered: 0, failed: 0, pending: 0, held: 0, isSample: false } as const;
