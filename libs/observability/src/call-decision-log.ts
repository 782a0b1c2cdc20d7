import { Injectable } from '@nestjs/common';
import {
  CallDecisions,
  type Failure,
  failureClass,
  type NoRetry,
  type ProviderCall,
  type QuotaDecision,
  type QuotaLow,
  type RetryDecision,
} from '@puente/kernel';
import type { Counter } from 'prom-client';
import { LogSink } from './log-sink';
import { Metrics } from './metrics';
import { describeFailure } from './provider-call-log';
import { serializeError } from './serialize-error';

type Decision =
  | 'refused_too_late'
  | 'aborted_at_deadline'
  | 'quota_waited'
  | 'quota_deferred'
  | 'quota_low'
  | 'lane_deferred'
  | 'bulkhead_deferred'
  | 'retried'
  | 'retry_given_up'
  | 'timed_out';

/**
 * What the shared interceptors decided about calls, as lines and counts. Quotas that make calls wait are told at `debug`,
 * since that is their work and there may be thousands a second; the count tells how many.
 */
@Injectable()
export class CallDecisionLog extends CallDecisions {
  private readonly decisions: Counter<'provider' | 'decision' | 'reason'>;
  private readonly waits: Counter<'provider' | 'reason'>;
  private readonly storeLosses: Counter;

  constructor(
    private readonly log: LogSink,
    metrics: Metrics,
  ) {
    super();
    this.decisions = metrics.counter({
      name: 'puente_call_decisions_total',
      help: 'Decisions of the call chain, by what was decided and why.',
      labelNames: ['provider', 'decision', 'reason'],
    });
    this.waits = metrics.counter({
      name: 'puente_call_waits_seconds_total',
      help: 'Seconds that calls waited in a process before they were made, in all.',
      labelNames: ['provider', 'reason'],
    });
    this.storeLosses = metrics.counter({
      name: 'puente_quota_store_losses_total',
      help: 'How often the shared counters of rate limits stopped answering.',
    });
  }

  refusedTooLate(call: ProviderCall, lateMs: number): void {
    this.count(call, 'refused_too_late', 'deadline');
    this.log.info(
      { event: 'call.refused_too_late', ...about(call), lateMs: Math.round(lateMs) },
      `${name(call)} was not called: nobody waits for it any more`,
    );
  }

  abortedAtDeadline(call: ProviderCall): void {
    this.count(call, 'aborted_at_deadline', 'deadline');
    this.log.info(
      { event: 'call.aborted_at_deadline', ...about(call) },
      `${name(call)} was given up at its deadline; it only asked`,
    );
  }

  waitedForQuota(call: ProviderCall, { limit, waitMs }: QuotaDecision): void {
    this.count(call, 'quota_waited', 'quota');
    this.waited(call, 'quota', waitMs);
    this.log.debug(
      { event: 'quota.waited', ...about(call), limit, waitMs: Math.round(waitMs) },
      `${name(call)} waits ${String(Math.round(waitMs))} ms: the quota is used up`,
    );
  }

  deferredByQuota(call: ProviderCall, { limit, waitMs }: QuotaDecision): void {
    this.count(call, 'quota_deferred', 'quota');
    this.log.debug(
      { event: 'quota.deferred', ...about(call), limit, waitMs: Math.round(waitMs) },
      `${name(call)} is not called for ${String(Math.round(waitMs))} ms: the quota is used up`,
    );
  }

  deferredByLane(call: ProviderCall, waitMs: number): void {
    this.count(call, 'lane_deferred', 'lane');
    this.log.debug(
      { event: 'lane.deferred', ...about(call), waitMs: Math.round(waitMs) },
      `${name(call)} is not called for ${String(Math.round(waitMs))} ms: its lane is closed to calls`,
    );
  }

  deferredByBulkhead(call: ProviderCall, waitMs: number): void {
    this.count(call, 'bulkhead_deferred', 'bulkhead');
    this.log.debug(
      { event: 'bulkhead.deferred', ...about(call), waitMs: Math.round(waitMs) },
      `${name(call)} is not called for ${String(Math.round(waitMs))} ms: too many calls of its lane are in flight`,
    );
  }

  /** The directive's own line (S4.4). */
  quotaLow(call: ProviderCall, { limit, remaining }: QuotaLow): void {
    this.count(call, 'quota_low', 'quota');
    const { service, tenantId, integration } = { ...about(call), integration: call.integration };
    this.log.warn(
      { event: 'quota.low', service, tenantId, integration, limit, remaining },
      `Rate limit warning: ${String(remaining)}/${String(limit)} remaining`,
    );
  }

  retryScheduled(call: ProviderCall, { failure, retry, of, waitMs }: RetryDecision): void {
    this.count(call, 'retried', failureClass(failure));
    this.waited(call, 'retry', waitMs);
    this.log.warn(
      { event: 'call.retry_scheduled', ...about(call), retry, of, waitMs, failure: describeFailure(failure) },
      `Retrying ${name(call)} in ${String(waitMs)} ms (retry ${String(retry)} of ${String(of)}, ${describeFailure(failure)})`,
    );
  }

  retryGivenUp(call: ProviderCall, failure: Failure, why: NoRetry): void {
    this.count(call, 'retry_given_up', why);
    this.log.warn(
      { event: 'call.retry_given_up', ...about(call), why, failure: describeFailure(failure) },
      `${name(call)} is not repeated here (${WHY[why]})`,
    );
  }

  timedOut(call: ProviderCall, { timeoutMs, late }: { readonly timeoutMs: number; readonly late: boolean }): void {
    this.count(call, 'timed_out', late ? 'answered_late' : 'no_answer');
    this.log.warn(
      { event: 'call.timed_out', ...about(call), timeoutMs, late },
      `${name(call)} took longer than ${String(timeoutMs)} ms and was aborted${late ? '; its answer came all the same' : ''}`,
    );
  }

  quotaStoreLost(error: unknown): void {
    this.storeLosses.inc();
    this.log.warn(
      { event: 'quota_store.lost', err: serializeError(error) },
      'The shared counters of rate limits do not answer: this process counts for itself until they do',
    );
  }

  quotaStoreBack(awayMs: number): void {
    this.log.info(
      { event: 'quota_store.back', awayMs: Math.round(awayMs) },
      'The shared counters of rate limits answer again',
    );
  }

  private count({ provider }: ProviderCall, decision: Decision, reason: string): void {
    this.decisions.inc({ provider, decision, reason });
  }

  private waited({ provider }: ProviderCall, reason: string, waitMs: number): void {
    this.waits.inc({ provider, reason }, waitMs / 1_000);
  }
}

const WHY: Readonly<Record<NoRetry, string>> = {
  used_up: 'its retries are used up',
  deadline: 'the next one would come after the deadline',
  budget: 'too many calls to this provider are retries already',
  caller_gone: 'whoever waited is gone',
};

function name({ provider, operation }: ProviderCall): string {
  return `${provider}.${operation}`;
}

function about({ provider, operation, tenantId, operationId, mode, attempt, traceId }: ProviderCall) {
  return { service: provider, operation, tenantId, operationId, mode, attempt, traceId };
}
