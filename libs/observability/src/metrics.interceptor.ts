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
import { providerMs } from './call-duration';
import { Metrics, SECONDS_BUCKETS } from './metrics';

/**
 * Counts calls by outcome and measures how long the provider took, waits between tries included. Time that a call waited
 * here before its first try, for a quota or a place, is counted by who made it wait.
 */
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
    const triesBefore = call.tries.length;
    const outcome = await next(call);
    // A question about a call is not the call: its own label keeps the error rate of the operation honest.
    const operation = call.mode === 'call' ? call.operation : `${call.operation}.${call.mode}`;
    // A call that we did not make says nothing of the provider, neither how it answers nor how fast.
    const unmade = whyUnmade(outcome);
    if (unmade) {
      this.calls.inc({ provider: call.provider, operation, outcome: unmade });
      return outcome;
    }
    this.calls.inc({ provider: call.provider, operation, outcome: outcome.kind });
    const tookMs = this.clock.monotonicMs() - startedMs;
    const ms = providerMs(triesBefore === 0 ? call.tries : call.tries.slice(triesBefore), tookMs, this.clock.now());
    this.seconds.observe({ provider: call.provider, operation }, ms / 1_000);
    return outcome;
  }
}

function whyUnmade(outcome: Outcome): 'deferred' | 'too_late' | undefined {
  if (isDeferred(outcome)) return 'deferred';
  return outcome.kind === 'not_sent' && outcome.cause === 'deadline' ? 'too_late' : undefined;
}
