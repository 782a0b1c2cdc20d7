import { Injectable } from '@nestjs/common';
import { LogSink, Metrics, serializeError } from '@puente/observability';
import type { Gauge } from 'prom-client';
import type { AccountAlert } from './health-store';
import { ALERT_KINDS } from './provider-health';

/** What is told of providers' health beside the alerts, which are events for the tenant's operators. */
@Injectable()
export class HealthLog {
  private readonly alerts: Gauge<'provider' | 'kind'>;

  constructor(
    private readonly log: LogSink,
    metrics: Metrics,
  ) {
    this.alerts = metrics.gauge({
      name: 'puente_provider_alerts',
      help: 'Accounts of tenants with an alert of this kind that is on.',
      labelNames: ['provider', 'kind'],
    });
  }

  /** How many are on, by provider: tenants would be a time series each. */
  show(alerts: readonly Pick<AccountAlert, 'provider' | 'kind'>[], providers: readonly string[]): void {
    for (const provider of providers) {
      for (const kind of ALERT_KINDS) {
        const on = alerts.filter((alert) => alert.provider === provider && alert.kind === kind);
        this.alerts.set({ provider, kind }, on.length);
      }
    }
  }

  flushFailed(error: unknown): void {
    this.log.warn(
      { event: 'provider_health.unwritten', err: serializeError(error) },
      'How providers answer could not be written down; it is kept and written later',
    );
  }

  watchFailed(error: unknown): void {
    this.log.warn(
      { event: 'provider_health.unwatched', err: serializeError(error) },
      'The health of providers could not be looked at; trying again',
    );
  }
}
