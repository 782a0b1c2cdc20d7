import { Injectable } from '@nestjs/common';
import { AppConfigService } from '@puente/config';
import { DispatchDatabase } from '@puente/database';
import { Metrics } from '@puente/observability';
import { type EndpointStats, EndpointStatistics } from './endpoint-stats';
import { WebhookLog } from './webhook-log';

/** What the gauges of single endpoints are about. */
const HOURS = 1;
/** Operations by which the busiest endpoints are found: the newest ones. */
const LOOKED_AT = 20_000;

/**
 * Bounded like the ledger's own depths. Of enabled endpoints of active tenants: what waits for another one waits because
 * somebody wants it to.
 */
const WAITING = `
  waiting AS MATERIALIZED (
    SELECT tenant_id, lane_key, min(created_at) FILTER (WHERE attempt = 0) AS new,
      min(created_at) FILTER (WHERE attempt > 0) AS tried
    FROM (SELECT tenant_id, lane_key, attempt, created_at FROM operations
      WHERE provider = 'webhooks' AND state IN ('queued', 'unknown') AND NOT blocked
        AND tenant_id IN (SELECT id FROM tenants WHERE status = 'active') LIMIT 100000) AS o
    GROUP BY tenant_id, lane_key)`;

const OLDEST = `
  WITH ${WAITING}
  SELECT coalesce(extract(epoch FROM puente_now() - min(w.new)), 0)::float8 AS "new",
    coalesce(extract(epoch FROM puente_now() - min(w.tried)), 0)::float8 AS tried
  FROM waiting w JOIN webhook_endpoints e ON e.tenant_id = w.tenant_id AND e.id::text = w.lane_key AND e.enabled`;

/** $1 how many. */
const BUSIEST = `
  WITH ${WAITING},
  newest AS MATERIALIZED (SELECT tenant_id, provider, operation, lane_key FROM operations ORDER BY id DESC LIMIT ${String(LOOKED_AT)}),
  busy AS (SELECT tenant_id, lane_key, count(*) AS n FROM newest WHERE provider = 'webhooks' AND operation = 'deliver'
    GROUP BY tenant_id, lane_key)
  SELECT e.tenant_id AS "tenantId", e.id FROM busy b
  FULL JOIN waiting w ON w.tenant_id = b.tenant_id AND w.lane_key = b.lane_key
  JOIN webhook_endpoints e ON e.tenant_id = coalesce(b.tenant_id, w.tenant_id)
    AND e.id::text = coalesce(b.lane_key, w.lane_key)
  ORDER BY b.n DESC NULLS LAST, least(w.new, w.tried), e.id LIMIT $1`;

interface Ref {
  readonly tenantId: string;
  readonly id: string;
}

/**
 * What webhooks show at the /metrics of a worker beside counters: the age of their queue over all endpoints, always, and
 * the figures of `GET …/stats` for as many of the busiest endpoints as the operator wants. An endpoint is the one id that
 * is ever a label, and never of more than that many: docs/adr/0019. Every worker shows the same; take the maximum.
 */
@Injectable()
export class EndpointGauges {
  private readonly most: number;
  private readonly age;
  private readonly deliveries;
  private readonly seconds;
  private readonly endpointAge;

  constructor(
    private readonly dispatch: DispatchDatabase,
    private readonly statistics: EndpointStatistics,
    private readonly log: WebhookLog,
    config: AppConfigService,
    metrics: Metrics,
  ) {
    this.most = config.get('WEBHOOK_ENDPOINT_METRICS');
    const gauge = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
      metrics.gauge({ name: `puente_webhook_${name}`, help, labelNames });
    this.age = gauge(
      'queue_age_seconds',
      'Age of the oldest delivery that waits, over all enabled endpoints: for its first try, or for the next one.',
      'waits_for',
    );
    this.deliveries = gauge(
      'endpoint_deliveries',
      'Deliveries of the last hour by what became of them, of the busiest endpoints.',
      ...(['endpoint', 'status'] as const),
    );
    this.seconds = gauge(
      'endpoint_delivery_seconds',
      'From published to delivered in the last hour, of the busiest endpoints.',
      ...(['endpoint', 'quantile'] as const),
    );
    this.endpointAge = gauge(
      'endpoint_queue_age_seconds',
      'Age of the oldest delivery that waits, of the busiest endpoints.',
      'endpoint',
    );
  }

  /** Looks and shows. Never fails: what was shown stays until the next look. */
  async show(): Promise<void> {
    try {
      const [oldest] = await this.dispatch.query<{ new: number; tried: number }>(OLDEST);
      this.age.set({ waits_for: 'first_try' }, Math.max(0, oldest?.new ?? 0));
      this.age.set({ waits_for: 'next_try' }, Math.max(0, oldest?.tried ?? 0));
      if (this.most > 0) await this.showBusiest();
    } catch (error) {
      this.log.upkeepFailed('metrics', error);
    }
  }

  private async showBusiest(): Promise<void> {
    const shown: [string, EndpointStats][] = [];
    for (const { tenantId, id } of await this.dispatch.query<Ref>(BUSIEST, [this.most])) {
      const stats = await this.statistics.of(tenantId, id, HOURS).catch(() => undefined); // removed meanwhile
      if (stats) shown.push([id, stats]);
    }
    for (const gauge of [this.deliveries, this.seconds, this.endpointAge]) gauge.reset(); // who is not busy any more
    for (const [endpoint, stats] of shown) this.showOne(endpoint, stats);
  }

  private showOne(endpoint: string, { latencyMs, queueAgeMs, ...counts }: EndpointStats): void {
    for (const status of ['delivered', 'failed', 'pending', 'held'] as const)
      this.deliveries.set({ endpoint, status }, counts[status]);
    const { p50, p95, p99 } = latencyMs ?? {};
    for (const [quantile, ms] of [
      ['0.5', p50],
      ['0.95', p95],
      ['0.99', p99],
    ] as const)
      // prettier-ignore
      if (ms !== undefined) this.seconds.set({ endpoint, quantile }, ms / 1_000);
    this.endpointAge.set({ endpoint }, (queueAgeMs ?? 0) / 1_000);
  }
}
