import { Injectable } from '@nestjs/common';
import { type Destination, type EgressError, EgressReports } from '@puente/egress';
import { LogSink, Metrics } from '@puente/observability';
import type { Counter } from 'prom-client';

/** What the egress guard stopped. A name that led elsewhere when it was saved is what an attack looks like, too. */
@Injectable()
export class EgressLog extends EgressReports {
  private readonly refusals: Counter<'at' | 'code'>;

  constructor(
    private readonly log: LogSink,
    metrics: Metrics,
  ) {
    super();
    this.refusals = metrics.counter({
      name: 'puente_egress_refusals_total',
      help: 'URLs of tenants that were not saved (at="save") and connections to them that were not made (at="connect").',
      labelNames: ['at', 'code'],
    });
  }

  notSaved({ code }: EgressError): void {
    this.refusals.inc({ at: 'save', code });
  }

  notConnected({ host, port }: Destination, { code }: EgressError): void {
    this.refusals.inc({ at: 'connect', code });
    this.log.warn({ event: 'egress.refused', host, port, code }, `No connection to ${host}:${String(port)} (${code})`);
  }
}
