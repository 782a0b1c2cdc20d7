import { Injectable } from '@nestjs/common';
import { Metrics, SECONDS_BUCKETS } from '@puente/observability';
import type { Counter, Gauge, Histogram } from 'prom-client';
import type { OperationState } from './operation';

/** Seconds, from a call that somebody waits for to a delivery that is tried for days. */
const UNTIL_ENDED = [
  0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 1_800, 7_200, 28_800, 86_400, 345_600,
] as const;

/** What the ledger counts. States and providers are labels, nothing else: tenants and ids would be a time series each. */
@Injectable()
export class LedgerMetrics {
  private readonly acceptedTotal: Counter<'kind'>;
  private readonly claimedTotal: Counter;
  private readonly settledTotal: Counter<'state'>;
  private readonly sweptTotal: Counter<'state'>;
  private readonly leasesLostTotal: Counter;
  private readonly depth: Gauge<'state'>;
  private readonly oldest: Gauge<'state'>;
  private readonly latency: Histogram;
  private readonly untilEnded: Histogram<'provider' | 'state'>;
  private readonly undelivered: Counter;

  constructor(metrics: Metrics) {
    const state = { labelNames: ['state'] as const };
    this.acceptedTotal = metrics.counter({
      name: 'puente_operations_accepted_total',
      help: 'Operations accepted, and requests answered with an earlier one.',
      labelNames: ['kind'],
    });
    this.claimedTotal = metrics.counter({ name: 'puente_operations_claimed_total', help: 'Operations claimed.' });
    this.settledTotal = metrics.counter({
      name: 'puente_operations_settled_total',
      help: 'Tries settled, by what the operation became.',
      ...state,
    });
    this.sweptTotal = metrics.counter({
      name: 'puente_operations_swept_total',
      help: 'Operations taken from workers that stopped answering, by what they became.',
      ...state,
    });
    this.leasesLostTotal = metrics.counter({ name: 'puente_leases_lost_total', help: 'Calls that lost their lease.' });
    this.depth = metrics.gauge({
      name: 'puente_operations',
      help: 'Operations of active tenants by state; needs_review is the work list of people.',
      ...state,
    });
    this.oldest = metrics.gauge({
      name: 'puente_operations_oldest_seconds',
      help: 'Since when the oldest operation of a state is due, runs or waits for a person, in seconds.',
      ...state,
    });
    this.latency = metrics.histogram({
      name: 'puente_dispatch_latency_seconds',
      help: 'From due to claimed, in seconds.',
      buckets: SECONDS_BUCKETS,
    });
    this.untilEnded = untilEnded(metrics);
    this.undelivered = metrics.counter({
      name: 'puente_settlement_failures_total',
      help: 'Settlement handlers that threw; they are tried again.',
    });
  }

  accepted(kind: 'accepted' | 'replayed', n: number): void {
    this.acceptedTotal.inc({ kind }, n);
  }

  claimed(waitedMs: readonly number[]): void {
    this.claimedTotal.inc(waitedMs.length);
    for (const ms of waitedMs) this.latency.observe(Math.max(0, ms) / 1000);
  }

  settled(state: OperationState): void {
    this.settledTotal.inc({ state });
  }

  ended(provider: string, state: OperationState, tookMs: number): void {
    this.untilEnded.observe({ provider, state }, tookMs / 1_000);
  }

  swept(state: OperationState): void {
    this.sweptTotal.inc({ state });
  }

  leaseLost(): void {
    this.leasesLostTotal.inc();
  }

  deliveryFailed(): void {
    this.undelivered.inc();
  }

  depths(rows: readonly { readonly state: OperationState; readonly depth: number; readonly oldest_s: number }[]): void {
    for (const state of ['queued', 'running', 'unknown', 'needs_review'] as const) {
      const row = rows.find((each) => each.state === state);
      this.depth.set({ state }, row?.depth ?? 0);
      this.oldest.set({ state }, row?.oldest_s ?? 0);
    }
  }
}

function untilEnded(metrics: Metrics): Histogram<'provider' | 'state'> {
  return metrics.histogram({
    name: 'puente_operation_duration_seconds',
    help: 'From accepted to ended by a call, retries and waits included, in seconds, by what became of it.',
    labelNames: ['provider', 'state'],
    buckets: UNTIL_ENDED,
  });
}
