import { Injectable, Logger } from '@nestjs/common';
import { Metrics } from '@puente/observability';
import type { Counter, Gauge } from 'prom-client';

export type RetentionStep = 'payloads' | 'payment_payloads' | 'operations' | 'marks';

/** Where the end of old rows, and the months of the tries, are counted and written down. */
@Injectable()
export class RetentionReports {
  private readonly log = new Logger('Retention');
  private readonly rows: Counter<'step'>;
  private readonly lastRun: Gauge;
  private readonly daysAhead: Gauge;

  constructor(metrics: Metrics) {
    this.rows = metrics.counter({
      name: 'puente_retention_rows_total',
      help: 'Rows that retention removed, or whose payload it took.',
      labelNames: ['step'],
    });
    this.lastRun = metrics.gauge({
      name: 'puente_retention_last_run_timestamp_seconds',
      help: 'When retention was last through with everything, in seconds since 1970.',
    });
    this.daysAhead = metrics.gauge({
      name: 'puente_attempt_partitions_ahead_days',
      help: 'For how many days from now on the tries of operations have a partition.',
    });
  }

  progressed(step: RetentionStep, fields: { readonly rows: number; readonly size: number }): void {
    if (fields.rows === 0) return;
    this.rows.inc({ step }, fields.rows);
    this.log.debug(
      { event: 'retention.progressed', step, ...fields },
      `Retention of ${step}: ${String(fields.rows)} more`,
    );
  }

  stepEnded(step: RetentionStep, fields: { readonly rows: number; readonly tookMs: number }): void {
    if (fields.rows === 0) return;
    this.log.log(
      { event: 'retention.step_ended', step, ...fields },
      `Retention of ${step}: ${String(fields.rows)} rows`,
    );
  }

  ran(tookMs: number): void {
    this.log.log({ event: 'retention.finished', tookMs }, `Retention is through in ${String(tookMs)} ms`);
  }

  failed(error: unknown): void {
    this.log.error({ event: 'retention.failed', err: error }, 'Retention stopped and goes on later where it was');
  }

  lastRanAt(seconds: number): void {
    this.lastRun.set(seconds);
  }

  partitionsAhead(days: number): void {
    this.daysAhead.set(Math.max(0, days));
  }

  partitionsAdded(months: number): void {
    this.log.log({ event: 'attempts.partitions_added', months }, `Made ${String(months)} month(s) of tries ahead`);
  }

  partitionsDropped(partitions: readonly string[]): void {
    this.log.log(
      { event: 'attempts.partitions_dropped', partitions },
      `Dropped ${partitions.join(', ')}: nothing in it is kept`,
    );
  }

  partitionsShort(days: number, error: unknown): void {
    const line = `Tries have partitions for ${days.toFixed(0)} more days only, and none could be made; later they go into the default one`;
    this.log.error({ event: 'attempts.partitions_short', days, err: error }, line);
  }

  partitionsLater(error: unknown): void {
    this.log.warn({ event: 'attempts.partitions_postponed', err: error }, 'Months of tries are made later');
  }
}
