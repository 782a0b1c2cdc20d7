import { Injectable } from '@nestjs/common';
import { Metrics } from '@puente/observability';
import type { Gauge } from 'prom-client';

/** How many lanes wait for somebody. By provider: tenants would be a time series each. */
@Injectable()
export class LaneMetrics {
  private readonly lanes: Gauge<'provider'>;
  private readonly broken: Gauge<'provider'>;

  constructor(metrics: Metrics) {
    this.lanes = metrics.gauge({
      name: 'puente_lanes_paused',
      help: 'Lanes that wait until somebody acts, mostly for credentials.',
      labelNames: ['provider'],
    });
    this.broken = metrics.gauge({
      name: 'puente_lanes_open',
      help: 'Lanes whose circuit is open or half open: their provider fails or does not answer.',
      labelNames: ['provider'],
    });
  }

  open(rows: readonly { readonly provider: string; readonly lanes: number }[]): void {
    this.broken.reset();
    for (const { provider, lanes } of rows) this.broken.set({ provider }, lanes);
  }

  paused(rows: readonly { readonly provider: string; readonly lanes: number }[]): void {
    this.lanes.reset(); // a provider whose lanes all go on leaves no stale value behind
    for (const { provider, lanes } of rows) this.lanes.set({ provider }, lanes);
  }
}
