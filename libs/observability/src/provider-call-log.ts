import { Injectable } from '@nestjs/common';
import { type DeferredOutcome, type Failure, isDeferred, type ProviderCall } from '@puente/kernel';
import { LogSink } from './log-sink';
import { MAX_EXCERPT } from './printable';
import { callTrace } from './trace';

export interface FailedTry {
  readonly call: ProviderCall;
  readonly failure: Failure;
  readonly attempt: number;
  readonly durationMs: number;
}

/** Every line we write about a provider call is a method here. Bodies, inputs and credentials are in none of them. */
@Injectable()
export class ProviderCallLog {
  private readonly receivers = new Set<string>();

  constructor(private readonly log: LogSink) {}

  /** The other side of this one are servers of strangers: what they fail at is a warning, and no error of anybody here. */
  warnOnly(provider: string): void {
    this.receivers.add(provider);
  }

  /** The directive's own line (S4.6): this sentence, these five fields, and what a person needs beside them. */
  failed({ call, failure, attempt, durationMs }: FailedTry): void {
    const fields = {
      ...callTrace(call),
      event: 'provider_call.failed',
      service: call.provider,
      operation: call.operation,
      error: failure.message?.slice(0, MAX_EXCERPT) ?? describeFailure(failure),
      code: failureCode(failure),
      tenantId: call.tenantId,
      operationId: call.operationId,
      mode: call.mode,
      attempt,
      durationMs: Math.round(durationMs),
      failure: describeFailure(failure),
      status: failure.status,
      traceId: call.traceId,
    };
    if (this.isError(call, failure)) this.log.error(fields, 'External service error');
    else this.log.warn(fields, 'External service error');
  }

  private isError({ provider }: ProviderCall, failure: Failure): boolean {
    if (failure.kind === 'unauthorized') return true;
    if (failure.kind !== 'unknown') return false;
    return !this.receivers.has(provider) || failure.cause === 'internal' || failure.cause === 'crash';
  }

  /** Not made by our own decision; the decision itself is told by whoever took it. */
  deferred(call: ProviderCall, { deferred, retryAfterMs }: DeferredOutcome): void {
    if (!this.log.isLevelEnabled('debug')) return;
    const { provider: service, operation, tenantId, operationId, mode, traceId } = call;
    this.log.debug(
      {
        ...callTrace(call),
        ...{ event: 'provider_call.deferred', service, operation, tenantId, operationId, mode, traceId },
        ...{ reason: deferred, retryAfterMs },
      },
      `${service}.${operation} was not called (${deferred}); again in ${String(retryAfterMs)} ms`,
    );
  }

  succeeded(call: ProviderCall, durationMs: number): void {
    if (!this.log.isLevelEnabled('debug')) return;
    this.log.debug(
      {
        ...callTrace(call),
        event: 'provider_call.succeeded',
        service: call.provider,
        operation: call.operation,
        tenantId: call.tenantId,
        operationId: call.operationId,
        mode: call.mode,
        attempt: call.attempt,
        durationMs: Math.round(durationMs),
        traceId: call.traceId,
      },
      `${call.provider}.${call.operation} succeeded`,
    );
  }
}

/** `throttled`, `not_sent:connect`, `unknown:timeout`: the failure in one word, as the ledger writes it too. */
export function describeFailure(failure: Failure): string {
  if (isDeferred(failure)) return `deferred:${failure.deferred}`;
  return 'cause' in failure ? `${failure.kind}:${failure.cause}` : failure.kind;
}

/** The provider's own code, else the status, else our word: there is always something to search for. */
function failureCode(failure: Failure): string {
  return failure.code ?? (failure.status === undefined ? describeFailure(failure) : String(failure.status));
}
