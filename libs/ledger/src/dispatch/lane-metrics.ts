import { Injectable } from '@nestjs/common';
import { Metrics } from '@puente/observability';
import type { Gauge } from 'prom-client';

interface LaneCount {
  readonly provider: string;
  readonly lanes: number;
}

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

  open(rows: readonly LaneCount[]): void {
    show(this.broken, rows);
  }

  paused(rows: readonly LaneCount[]): void {
    show(this.lanes, rows);
  }
}

function show(gauge: Gauge<'provider'>, rows: readonly LaneCount[]): void {
  gauge.reset(); // a provider whose lanes all go on leaves no stale value behind
  for (const { provider, lanes } of rows) gauge.set({ provider }, lanes);
}
