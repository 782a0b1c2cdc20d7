import { chain, type Failure, notSent, ok, type ProviderCall, SystemClock, unknown } from '@puente/kernel';
import { createLogSink } from './log-sink';
import { LogInterceptor } from './log.interceptor';
import { Metrics } from './metrics';
import { MetricsInterceptor } from './metrics.interceptor';
import { ProviderCallLog } from './provider-call-log';
import { Redactor } from './redactor';
import { currentTrace, runInTrace } from './trace';
import { TraceInterceptor } from './trace.interceptor';

const call = (over: Partial<ProviderCall> = {}): ProviderCall => ({
  tenantId: 'tenant-1',
  provider: 'sample',
  operation: 'send',
  integration: 'default',
  laneKey: 'default',
  effect: 'once',
  policy: 'messaging',
  mode: 'call',
  input: { text: 'private input' },
  operationId: 'operation-1',
  dedupeKey: 'operation-1',
  repeat: 0,
  attempt: 2,
  waitsInProcess: false,
  signal: new AbortController().signal,
  tries: [],
  ...over,
});

const setup = (level = 'debug') => {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  const sink = createLogSink({ service: 'test', level, redactor: new Redactor(), destination });
  const metrics = new Metrics();
  const clock = new SystemClock();
  const log = new ProviderCallLog(sink);
  const links = [new TraceInterceptor(), new LogInterceptor(log, clock), new MetricsInterceptor(metrics, clock)];
  return { lines, metrics, links, log };
};

const failedTry = (failure: Failure) => ({ startedAt: new Date(), durationMs: 12.4, outcome: failure.kind, failure });

describe('log, metrics and trace of a provider call', () => {
  it('writes each failed try as the directive demands, and never the input', async () => {
    const { lines, links } = setup();
    const failures = [notSent('connect', { code: 'ECONNREFUSED' }), unknown('timeout', { message: 'no answer' })];
    const run = chain(links, async ({ tries }) => {
      tries.push(...failures.map(failedTry));
      return failures[1]!;
    });

    await run(call({ traceId: 'ab'.repeat(16) }));

    expect(lines).toHaveLength(2);
    expect(lines.map(({ level, attempt, code }) => [level, attempt, code])).toEqual([
      ['warn', 2, 'ECONNREFUSED'],
      ['error', 3, 'unknown:timeout'],
    ]);
    expect(lines[1]).toMatchObject({
      msg: 'External service error',
      service: 'sample',
      operation: 'send',
      error: 'no answer',
      tenantId: 'tenant-1',
      operationId: 'operation-1',
      durationMs: 12,
      traceId: 'ab'.repeat(16),
      requestId: 'operation-1',
    });
    expect(JSON.stringify(lines)).not.toContain('private input');
  });

  it('warns of what servers of strangers fail at, and keeps what is our own an error', async () => {
    const { lines, links, log } = setup();
    log.warnOnly('hooks');
    const ours = [unknown('internal'), { kind: 'unauthorized' } as const];
    for (const failure of [unknown('timeout'), unknown('server_error'), ...ours])
      await chain(links, async () => failure)(call({ provider: 'hooks' }));

    expect(lines.map(({ level }) => level)).toEqual(['warn', 'warn', 'error', 'error']);
  });

  it('writes a failure that never came to a try', async () => {
    const { lines, links } = setup();

    await chain(links, async () => notSent('deadline'))(call());

    expect(lines).toMatchObject([{ msg: 'External service error', code: 'not_sent:deadline', attempt: 2 }]);
  });

  it('writes a success for developers only', async () => {
    const [quiet, loud] = [setup('info'), setup('debug')];

    await chain(quiet.links, async () => ok(1))(call());
    await chain(loud.links, async () => ok(1))(call());

    expect(quiet.lines).toEqual([]);
    expect(loud.lines).toMatchObject([{ level: 'debug', event: 'provider_call.succeeded' }]);
  });

  it('counts by outcome, and a question apart from the call it asks about', async () => {
    const { metrics, links } = setup();

    await chain(links, async () => ok(1))(call());
    await chain(links, async () => unknown('reset'))(call());
    await chain(links, async () => ok(1))(call({ mode: 'reconcile' }));

    const exposed = await metrics.registry.metrics();
    expect(exposed).toContain('puente_provider_calls_total{provider="sample",operation="send",outcome="ok"} 1');
    expect(exposed).toContain('puente_provider_calls_total{provider="sample",operation="send",outcome="unknown"} 1');
    expect(exposed).toContain(
      'puente_provider_calls_total{provider="sample",operation="send.reconcile",outcome="ok"} 1',
    );
    expect(exposed).toContain('puente_provider_call_duration_seconds_count{provider="sample",operation="send"} 2');
  });

  it('gives every call a trace and keeps the one an operation was accepted under', async () => {
    const { lines, links } = setup();
    const seen: unknown[] = [];
    const run = chain(links, async ({ traceId }) => {
      seen.push(traceId);
      return ok(1);
    });

    await run(call({ traceId: 'cd'.repeat(16) }));
    await run(call());

    expect(seen).toEqual(['cd'.repeat(16), expect.stringMatching(/^[0-9a-f]{32}$/)]);
    const ids = { requestId: 'operation-1', tenantId: 'tenant-1' };
    expect(lines).toMatchObject(seen.map((traceId) => ({ ...ids, traceId })));
  });

  it('opens the trace of the call within that of a request, for whatever else logs there', async () => {
    const { lines, links } = setup();
    const seen: unknown[] = [];
    const run = chain(links, async () => {
      seen.push(currentTrace());
      return ok(1);
    });
    const request = { requestId: 'request-1', traceId: 'ab'.repeat(16), tenantId: 'tenant-1' };

    await runInTrace(request, () => run(call()));
    await runInTrace(request, () => run(call({ traceId: 'cd'.repeat(16) })));

    expect(seen).toEqual([request, { ...request, requestId: 'operation-1', traceId: 'cd'.repeat(16) }]);
    expect(lines).toMatchObject([
      { requestId: 'request-1', traceId: 'ab'.repeat(16) },
      { requestId: 'operation-1', traceId: 'cd'.repeat(16) },
    ]);
  });
});
