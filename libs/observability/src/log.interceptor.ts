import { Injectable } from '@nestjs/common';
import {
  type CallInterceptor,
  Clock,
  isDeferred,
  type NextCall,
  type Outcome,
  type ProviderCall,
} from '@puente/kernel';
import { ProviderCallLog } from './provider-call-log';

/** Logs each failed try, and the failure of a call that never came to a try (too late, no credentials). */
@Injectable()
export class LogInterceptor implements CallInterceptor {
  constructor(
    private readonly log: ProviderCallLog,
    private readonly clock: Clock,
  ) {}

  async intercept(call: ProviderCall, next: NextCall): Promise<Outcome> {
    const startedMs = this.clock.monotonicMs();
    const triesBefore = call.tries.length;
    const outcome = await next(call);
    const durationMs = this.clock.monotonicMs() - startedMs;
    const tries = call.tries.length - triesBefore;
    if (outcome.kind !== 'ok' || tries > 1) this.failures(call, triesBefore);
    if (outcome.kind === 'ok') this.log.succeeded(call, durationMs);
    else if (isDeferred(outcome)) this.log.deferred(call, outcome);
    else if (tries === 0 || call.tries.at(-1)?.failure !== outcome)
      this.log.failed({ call, failure: outcome, durationMs, attempt: call.attempt + tries });
    return outcome;
  }

  private failures(call: ProviderCall, from: number): void {
    call.tries.slice(from).forEach(({ failure, durationMs }, index) => {
      if (failure) this.log.failed({ call, failure, durationMs, attempt: call.attempt + index });
    });
  }
}
