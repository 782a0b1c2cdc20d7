import { Injectable } from '@nestjs/common';
import { type CallInterceptor, Clock, type NextCall, type Outcome, type ProviderCall } from '@puente/kernel';
import { providerMs } from '@puente/observability';
import { verdictOn } from './call-verdict';
import { HealthRecorder } from './health-recorder';

/** Counts how each account's provider answers, as the metrics do for all tenants together. */
@Injectable()
export class HealthInterceptor implements CallInterceptor {
  constructor(
    private readonly recorder: HealthRecorder,
    private readonly clock: Clock,
  ) {}

  async intercept(call: ProviderCall, next: NextCall): Promise<Outcome> {
    const startedMs = this.clock.monotonicMs();
    const triesBefore = call.tries.length;
    const outcome = await next(call);
    const verdict = verdictOn(outcome);
    if (verdict !== 'nothing') {
      const tries = triesBefore === 0 ? call.tries : call.tries.slice(triesBefore);
      const tookMs = providerMs(tries, this.clock.monotonicMs() - startedMs, this.clock.now());
      this.recorder.called(call, verdict === 'failed', tookMs);
    }
    return outcome;
  }
}
