import { Injectable } from '@nestjs/common';
import {
  type CallInterceptor,
  Clock,
  isDeferred,
  type NextCall,
  type Outcome,
  type ProviderCall,
} from '@puente/kernel';
import type { Counter, Histogram } from 'prom-client';
import { Metrics, SECONDS_BUCKETS } from './metrics';

/** Counts calls by outcome and measures them, waits between tries included: what the caller had to wait for. */
@Injectable()
export class MetricsInterceptor implements CallInterceptor {
  private readonly calls: Counter<'provider' | 'operation' | 'outcome'>;
  private readonly seconds: Histogram<'provider' | 'operation'>;

  constructor(
    metrics: Metrics,
    private readonly clock: Clock,
  ) {
    this.calls = metrics.counter({
      name: 'puente_provider_calls_total',
      help: 'Calls to providers by outcome.',
      labelNames: ['provider', 'operation', 'outcome'],
    });
    this.seconds = metrics.histogram({
      name: 'puente_provider_call_duration_seconds',
      help: 'Duration of calls to providers in seconds.',
      labelNames: ['provider', 'operation'],
      buckets: SECONDS_BUCKETS,
    });
  }

  async intercept(call: ProviderCall, next: NextCall): Promise<Outcome> {
    const startedMs = this.clock.monotonicMs();
    const outcome = await next(call);
    // A question about a call is not the call: its own label keeps the error rate of the operation honest.
    const operation = call.mode === 'call' ? call.operation : `${call.operation}.${call.mode}`;
    // A call that we did not make says nothing of the provider, neither how it answers nor how fast.
    if (isDeferred(outcome)) {
      this.calls.inc({ provider: call.provider, operation, outcome: 'deferred' });
      return outcome;
    }
    this.calls.inc({ provider: call.provider, operation, outcome: outcome.kind });
    this.seconds.observe({ provider: call.provider, operation }, (this.clock.monotonicMs() - startedMs) / 1000);
    return outcome;
  }
}
