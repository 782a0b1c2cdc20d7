import { notSent, type ProviderCall } from '@puente/kernel';
import { CallDecisionLog } from './call-decision-log';
import { createLogSink } from './log-sink';
import { Metrics } from './metrics';
import { Redactor } from './redactor';

const call = { provider: 'sample', operation: 'send', tenantId: 't-1', integration: 'default' } as ProviderCall;

describe('what the chain decided about calls', () => {
  let lines: Record<string, unknown>[];
  let metrics: Metrics;
  let decisions: CallDecisionLog;

  beforeEach(() => {
    lines = [];
    metrics = new Metrics();
    const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
    const sink = createLogSink({ service: 'test', level: 'debug', redactor: new Redactor(), destination });
    decisions = new CallDecisionLog(sink, metrics);
  });

  const counts = async (name: string) =>
    (await metrics.registry.getSingleMetric(name)!.get()).values.map(({ labels, value }) => [
      ...Object.values(labels),
      value,
    ]);

  it('a quota that runs out is the directive’s own sentence', () => {
    decisions.quotaLow(call, { limit: 5_000, remaining: 999 });

    expect(lines).toMatchObject([
      { level: 'warn', event: 'quota.low', msg: 'Rate limit warning: 999/5000 remaining', tenantId: 't-1' },
    ]);
  });

  it('each decision is a line of its own event and a count by provider, decision and reason', async () => {
    decisions.refusedTooLate(call, 3);
    decisions.abortedAtDeadline(call);
    decisions.waitedForQuota(call, { limit: 'por segundo', waitMs: 500 });
    decisions.deferredByQuota(call, { limit: 'por segundo', waitMs: 60_000 });
    decisions.quotaLow(call, { limit: 10, remaining: 1 });
    decisions.retryScheduled(call, { failure: notSent('dns'), retry: 2, of: 3, waitMs: 250 });
    decisions.retryGivenUp(call, notSent('dns'), 'used_up');
    decisions.timedOut(call, { timeoutMs: 3_000, late: false });
    decisions.timedOut(call, { timeoutMs: 3_000, late: true });

    expect(lines.map(({ event }) => event)).toEqual([
      ...['call.refused_too_late', 'call.aborted_at_deadline', 'quota.waited', 'quota.deferred', 'quota.low'],
      ...['call.retry_scheduled', 'call.retry_given_up', 'call.timed_out', 'call.timed_out'],
    ]);
    expect(lines[5]).toMatchObject({ retry: 2, of: 3, waitMs: 250, failure: 'not_sent:dns' });
    expect(await counts('puente_call_decisions_total')).toEqual([
      ['sample', 'refused_too_late', 'deadline', 1],
      ['sample', 'aborted_at_deadline', 'deadline', 1],
      ['sample', 'quota_waited', 'quota', 1],
      ['sample', 'quota_deferred', 'quota', 1],
      ['sample', 'quota_low', 'quota', 1],
      ['sample', 'retried', 'not_sent', 1],
      ['sample', 'retry_given_up', 'used_up', 1],
      ['sample', 'timed_out', 'no_answer', 1],
      ['sample', 'timed_out', 'answered_late', 1],
    ]);
    expect(await counts('puente_call_waits_seconds_total')).toEqual([
      ['sample', 'quota', 0.5],
      ['sample', 'retry', 0.25],
    ]);
  });

  it('counters that do not answer are told when they stop and when they are back', async () => {
    decisions.quotaStoreLost(new Error('refused'));
    decisions.quotaStoreBack(1_200.4);

    expect(lines.map(({ event, level }) => [event, level])).toEqual([
      ['quota_store.lost', 'warn'],
      ['quota_store.back', 'info'],
    ]);
    expect(await counts('puente_quota_store_losses_total')).toEqual([[1]]);
  });
});
