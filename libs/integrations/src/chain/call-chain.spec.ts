import { Test, type TestingModule } from '@nestjs/testing';
import {
  AppError,
  CallDecisions,
  Clock,
  notSent,
  ok,
  type ProviderCall,
  Random,
  Secret,
  SystemClock,
  unknown,
} from '@puente/kernel';
import {
  CallDecisionLog,
  createLogSink,
  LogInterceptor,
  LogSink,
  Metrics,
  MetricsInterceptor,
  ProviderCallLog,
  Redactor,
  TraceInterceptor,
} from '@puente/observability';
import {
  BulkheadInterceptor,
  CallQuotas,
  CircuitBreakerInterceptor,
  DeadlineInterceptor,
  LaneStore,
  QuotaLeases,
  QuotaStore,
  RateLimitInterceptor,
  RetryBudgets,
  RetryInterceptor,
  TimeoutInterceptor,
} from '@puente/resilience';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import { FreeLanes } from '../../../../test/support/free-lanes';
import { FixedRandom, ManualClock } from '../../../../test/support/manual-clock';
import { CredentialVault, type ResolvedCredentials } from '../credential-vault.port';
import { answers, drop, echo, type EchoAnswer, EchoClient, EchoServer, hang, status } from '../echo-provider.fixture';
import { executionOf } from '../gateway/gateway-executor';
import { HealthInterceptor } from '../health/health.interceptor';
import { HealthRecorder } from '../health/health-recorder';
import { ProviderCatalogue } from '../provider-catalogue';
import { loopbackEgress } from '../testing/contract-suite';
import { CatalogueQuotas } from '../quotas/catalogue-quotas';
import { FlexibleQuotaStore } from '../quotas/flexible-quota-store';
import { CallChain, callChains } from './call-chain';
import { CredentialsInterceptor } from './credentials.interceptor';
import { ConnectSettings, ProviderClients } from './provider-clients';
import { ProviderFaultLog } from './provider-fault-log';
import { ProviderInvocation } from './provider-invocation';

const memoryQuotas = () => new FlexibleQuotaStore(new RateLimiterMemory({ points: 1, duration: 1 }));

const CANARY = 'canary-Zx81-0123456789abcdef';
const TIMEOUT_MS = 3_000; // of the policy `interactive`

class GoneError extends AppError {
  constructor(readonly code: string) {
    super('They are gone');
  }
}

/** Every wait is over at once, except the ceiling of a try: the server really answers. */
class RetryClock extends ManualClock {
  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const sleeping = super.sleep(ms, signal);
    return ms === TIMEOUT_MS ? sleeping : this.advance(ms);
  }

  get waits(): number[] {
    return this.sleeps.filter((ms) => ms !== TIMEOUT_MS);
  }
}

class TestVault extends CredentialVault {
  credentials: () => Promise<ResolvedCredentials> = () => Promise.reject(new Error('not set'));

  asked = 0;
  readonly since: (number | undefined)[] = [];

  resolve(_tenant: string, _provider: string, _integration: string, sinceMs?: number): Promise<ResolvedCredentials> {
    this.asked += 1;
    this.since.push(sinceMs);
    return this.credentials();
  }

  has(apiKey: string, url: string, version = '1'): void {
    const resolved = { secrets: new Secret({ apiKey }), config: { url }, version, externalId: 'x', provenance: {} };
    this.credentials = () => Promise.resolve(resolved);
  }
}

describe('call chain', () => {
  const server = new EchoServer();
  const vault = new TestVault();
  const lines: string[] = [];
  const health = {
    seen: [] as boolean[],
    called: (_call: ProviderCall, failed: boolean) => void health.seen.push(failed),
  };
  let built: TestingModule | undefined;

  beforeAll(() => server.start());
  beforeEach(() => {
    server.reset();
    lines.length = 0;
    vault.asked = 0;
    vault.since.length = 0;
    health.seen.length = 0;
    vault.has(CANARY, server.url);
  });
  afterEach(async () => {
    await built?.close();
    expect(EchoClient.open).toBe(0);
  });
  afterAll(() => server.stop());

  async function chainOn(clock: Clock, maxClients = 10) {
    const redactor = new Redactor();
    const destination = { write: (line: string) => void lines.push(line) };
    built = await Test.createTestingModule({
      providers: [
        ...callChains,
        ...[TraceInterceptor, ProviderCallLog, LogInterceptor, MetricsInterceptor, DeadlineInterceptor],
        { provide: LaneStore, useClass: FreeLanes },
        ...[
          BulkheadInterceptor,
          CircuitBreakerInterceptor,
          RetryBudgets,
          RetryInterceptor,
          TimeoutInterceptor,
          CredentialsInterceptor,
          ProviderInvocation,
          ProviderFaultLog,
        ],
        ...[Metrics, ProviderClients, RateLimitInterceptor, QuotaLeases, HealthInterceptor],
        { provide: HealthRecorder, useValue: health },
        { provide: CallQuotas, useClass: CatalogueQuotas },
        { provide: QuotaStore, useFactory: memoryQuotas },
        { provide: CallDecisions, useClass: CallDecisionLog },
        { provide: Redactor, useValue: redactor },
        { provide: LogSink, useValue: createLogSink({ service: 'test', level: 'trace', redactor, destination }) },
        { provide: Clock, useValue: clock },
        { provide: Random, useValue: new FixedRandom(0.5) },
        {
          provide: ConnectSettings,
          useFactory: () => new ConnectSettings({ installation: 'test', egress: loopbackEgress(), maxClients }),
        },
        { provide: CredentialVault, useValue: vault },
        { provide: ProviderCatalogue, useFactory: () => new ProviderCatalogue([echo]) },
      ],
    }).compile();
    await built.init();
    const { run } = built.get(CallChain);
    return (over: Partial<ProviderCall> = {}) => run(sampleCall(over));
  }

  it('brings an answer home, with the tenant’s key and the stable dedupe key', async () => {
    const run = await chainOn(new SystemClock());

    expect(await run()).toEqual(ok({ id: 'r-1' }));
    expect(server.received).toMatchObject([
      { path: '/send', body: { text: 'hola' }, headers: { authorization: `Bearer ${CANARY}`, 'x-dedupe': 'op-1' } },
    ]);
  });

  describe('a call whose answer is lost', () => {
    it.each([
      ['dropped connection', drop, unknown('reset')],
      ['500', status(500, { code: 'E5' }), unknown('server_error', { status: 500, code: 'E5' })],
      [
        '200 that is not JSON',
        ((_q, response) => void response.end('<html>')) satisfies typeof drop,
        unknown('bad_body'),
      ],
      ['200 that does not fit the schema', status(200, { id: 7 }), unknown('bad_body', { code: 'OUTPUT_MISMATCH' })],
      ['error that classify itself fails on', status(418), unknown('internal', { code: 'CLASSIFY_FAILED' })],
    ])('is unknown: %s', async (_what, answer, outcome) => {
      const run = await chainOn(new SystemClock());
      server.answer = answer;

      expect(await run()).toMatchObject(outcome);
      expect(server.received).toHaveLength(1); // and never repeated in process
    });

    it('names the field of a misfit without its value', async () => {
      const run = await chainOn(new SystemClock());
      server.answer = status(200, { id: 7_777 });

      const outcome = await run();

      expect(outcome).toMatchObject({ message: expect.stringContaining('id: ') });
      expect(JSON.stringify(outcome)).not.toContain('7777');
    });
  });

  it('aborts a try at its ceiling: the request ends at the provider too', async () => {
    const clock = new ManualClock();
    const run = await chainOn(clock);
    let closed = false;
    server.answer = (request, response) => {
      response.on('close', () => (closed = true));
      return hang(request, response);
    };
    const call = sampleCall();
    const running = run(call);
    await until(() => server.received.length === 1);

    await clock.advance(TIMEOUT_MS);

    expect(await running).toMatchObject({ kind: 'unknown', cause: 'timeout' });
    expect(call.tries).toMatchObject([{ outcome: 'unknown', durationMs: TIMEOUT_MS, failure: { cause: 'timeout' } }]);
    await until(() => closed);
  });

  it('ends a read at a deadline before its ceiling, at the provider too, and a write only at its ceiling', async () => {
    const clock = new ManualClock();
    const run = await chainOn(clock);
    const closed: string[] = [];
    server.answer = (request, response) => {
      response.on('close', () => closed.push(request.path));
      return hang(request, response);
    };
    const deadlineMs = clock.monotonicMs() + 50;
    const read = run({ operation: 'look', effect: 'read', deadlineMs });
    const write = run({ deadlineMs });
    await until(() => server.received.length === 2);

    await clock.advance(50);

    expect(await read).toMatchObject({ kind: 'unknown', cause: 'timeout' });
    await until(() => closed.length > 0);
    expect(closed).toEqual(['/look']);
    await clock.advance(TIMEOUT_MS - 50);
    expect(await write).toMatchObject({ kind: 'unknown', cause: 'timeout' });
    await until(() => closed.length === 2);
  });

  it('repeats a read in process as the table says, and a write only when nothing was sent', async () => {
    const clock = new RetryClock();
    const run = await chainOn(clock);
    server.answer = answers(status(500), status(500), status(200, { id: 'third' }));
    expect(await run({ operation: 'look', effect: 'read' })).toEqual(ok({ id: 'third' }));
    expect(clock.waits).toEqual([50, 100]);

    clock.sleeps.length = 0;
    server.answer = answers(status(503), status(429, {}, { 'retry-after': '7' }), status(200, { id: 'sent' }));
    const write = sampleCall();
    expect(await run(write)).toEqual(ok({ id: 'sent' }));
    expect(clock.waits).toEqual([50, 7_000]);
    expect(write.tries.map(({ outcome }) => outcome)).toEqual(['not_sent', 'throttled', 'ok']);
  });

  it('proves that nothing was sent when nobody listens', async () => {
    const run = await chainOn(new RetryClock());
    vault.has(CANARY, 'http://127.0.0.1:9', 'other');

    expect(await run()).toMatchObject(notSent('connect', { code: 'ECONNREFUSED' }));
  });

  it('does not begin after the deadline', async () => {
    const clock = new ManualClock();
    const run = await chainOn(clock);

    expect(await run({ deadlineMs: clock.monotonicMs() })).toEqual(notSent('deadline'));
    expect(server.received).toEqual([]);
  });

  describe('limits that the answers speak of', () => {
    const left = (remaining: number): EchoAnswer =>
      status(
        200,
        { id: 'r-1' },
        { 'X-RateLimit-Limit': '100', 'X-RateLimit-Remaining': String(remaining), 'X-RateLimit-Reset': '60' },
      );

    it('are told below a fifth, with the directive’s sentence, once per window', async () => {
      const run = await chainOn(new SystemClock());
      for (const remaining of [20, 19, 18]) {
        server.answer = left(remaining);
        await run({ waitsInProcess: false });
      }

      expect(lines.filter((line) => line.includes('Rate limit warning'))).toEqual([
        expect.stringContaining('Rate limit warning: 19/100 remaining'),
      ]);
    });

    it('are kept to: nothing is sent when nothing is left', async () => {
      const run = await chainOn(new SystemClock());
      server.answer = left(0);
      await run({ waitsInProcess: false });

      expect(await run({ waitsInProcess: false })).toMatchObject({ kind: 'throttled', deferred: 'quota' });
      expect(await run({ waitsInProcess: false, tenantId: 'tenant-2' })).toEqual(ok({ id: 'r-1' }));
      expect(server.received).toHaveLength(2);
      expect(health.seen).toEqual([false, false]); // what we deferred says nothing of the provider
    });

    it('a 429 with a Retry-After keeps every call of the credential away, whatever its lane', async () => {
      const run = await chainOn(new SystemClock());
      server.answer = status(429, {}, { 'retry-after': '30' });
      await run({ waitsInProcess: false });

      expect(await run({ waitsInProcess: false, laneKey: 'default/other' })).toMatchObject({ deferred: 'quota' });
      expect(server.received).toHaveLength(1);
    });
  });

  describe('credentials', () => {
    it.each(['CREDENTIALS_MISSING', 'CREDENTIALS_INACTIVE', 'CREDENTIALS_QUARANTINED'])(
      '%s pauses like credentials that are refused, and nothing is sent',
      async (code) => {
        const run = await chainOn(new RetryClock());
        vault.credentials = () => Promise.reject(new GoneError(code));

        expect(await run()).toEqual({ kind: 'unauthorized', code, message: 'They are gone', uncalled: true });
        expect(server.received).toEqual([]);
      },
    );

    it('a suspended tenant’s call is withheld: nothing is sent, and nothing is wrong with its lane', async () => {
      const run = await chainOn(new RetryClock());
      vault.credentials = () => Promise.reject(new GoneError('TENANT_SUSPENDED'));

      const outcome = await run();

      expect(outcome).toMatchObject({ kind: 'unauthorized', code: 'TENANT_SUSPENDED', withheld: true });
      expect(executionOf({ mode: 'call' }, outcome, [])).toMatchObject({ result: { kind: 'withheld' } });
      expect(server.received).toEqual([]);
    });

    it('takes a provider’s own word TENANT_SUSPENDED for a refusal like any other', () => {
      const outcome = { kind: 'unauthorized', code: 'TENANT_SUSPENDED' } as const;
      expect(executionOf({ mode: 'call' }, outcome, [])).toMatchObject({ result: { kind: 'called', outcome } });
    });

    it('a database that is away is a call not sent, not a reason to pause', async () => {
      const run = await chainOn(new RetryClock());
      vault.credentials = () => Promise.reject(new Error('connection terminated'));

      expect(await run()).toEqual(notSent('connect', { code: 'CREDENTIALS_UNREADABLE' }));
      expect(lines.join()).toContain('could not be read');
    });

    it('a vault that hangs until the ceiling of the try: still proven not sent', async () => {
      const clock = new ManualClock();
      const run = await chainOn(clock);
      vault.credentials = () => new Promise(() => undefined);
      const running = run({ waitsInProcess: false });

      await clock.advance(TIMEOUT_MS);

      expect(await running).toEqual(notSent('deadline'));
    });

    it('credentials from which no client can be made wait for their owner, unprinted', async () => {
      const run = await chainOn(new SystemClock());
      vault.has(CANARY, 'http://forbidden.example', '2');

      const outcome = await run();

      expect(outcome).toEqual({ kind: 'unauthorized', code: 'CREDENTIALS_UNUSABLE' });
      expect(lines.join()).not.toContain(CANARY);
    });

    it('connects once per version; the old client lives until its last call has ended', async () => {
      const clock = new ManualClock();
      const run = await chainOn(clock);
      await run();
      await run();
      expect(EchoClient.open).toBe(1);

      server.answer = hang;
      const slow = run();
      await until(() => server.received.length === 3);
      server.answer = status(200, { id: 'new' });
      vault.has('another-key-0123456789', server.url, '2');
      expect(await run()).toEqual(ok({ id: 'new' }));
      expect(server.received.at(-1)?.headers.authorization).toBe('Bearer another-key-0123456789');
      expect(EchoClient.open).toBe(2); // the slow call still uses the first

      await clock.advance(TIMEOUT_MS);
      expect(await slow).toMatchObject({ kind: 'unknown', cause: 'timeout' });
      expect(EchoClient.open).toBe(1);
    });

    describe('that are rotated while a call is on its way', () => {
      const NEW = 'another-key-0123456789';
      const keys = () => server.received.map(({ headers }) => headers.authorization?.replace('Bearer ', ''));
      /** The old key is good until the request arrives, and withdrawn by the time it is looked at. */
      const onlyTheNew: EchoAnswer = ({ headers }, response) => {
        vault.has(NEW, server.url, '2');
        const answer = headers.authorization === `Bearer ${NEW}` ? status(200, { id: 'new' }) : status(401);
        return answer({ path: '', body: null, headers }, response);
      };

      it('those of a claim may be as old as the claim; after a refusal only the newest will do', async () => {
        const run = await chainOn(new SystemClock());
        server.answer = onlyTheNew;

        expect(await run({ waitsInProcess: false, claimedAtMs: 7 })).toEqual(ok({ id: 'new' }));
        expect(vault.since).toEqual([7, undefined]);
      });

      it.each(['read', 'idempotent', 'reconcilable', 'once'] as const)(
        'a refused %s call is made again with the new ones, as the same try',
        async (effect) => {
          const run = await chainOn(new SystemClock());
          server.answer = onlyTheNew;
          const call = sampleCall({ effect, waitsInProcess: false });

          expect(await run(call)).toEqual(ok({ id: 'new' }));
          expect(keys()).toEqual([CANARY, NEW]);
          expect(call.tries.map(({ outcome }) => outcome)).toEqual(['ok']);
          expect(lines.join()).toContain('credentials.replaced');
          expect(EchoClient.open).toBe(1);
        },
      );

      it('a question about an earlier call as well', async () => {
        const run = await chainOn(new SystemClock());
        server.answer = ({ headers }, response) => {
          vault.has(NEW, server.url, '2');
          const isNew = headers.authorization === `Bearer ${NEW}`;
          response.writeHead(isNew ? 200 : 401).end(JSON.stringify(isNew ? { kind: 'absent' } : {}));
        };

        expect(await run({ operation: 'pay', effect: 'reconcilable', mode: 'reconcile' })).toEqual(
          ok({ kind: 'absent' }),
        );
      });

      it('refuses at once when the refused ones are the active ones', async () => {
        const run = await chainOn(new SystemClock());
        server.answer = status(401, { code: 'bad_key' });

        expect(await run()).toMatchObject({ kind: 'unauthorized', code: 'bad_key' });
        expect(keys()).toEqual([CANARY]);
      });

      it('is bounded, however often somebody rotates', async () => {
        const run = await chainOn(new SystemClock());
        server.answer = (request, response) => {
          vault.has(`key-number-${String(server.received.length)}`, server.url, String(server.received.length + 1));
          return status(401)(request, response);
        };

        expect(await run()).toMatchObject({ kind: 'unauthorized' });
        expect(keys()).toEqual([CANARY, 'key-number-1', 'key-number-2', 'key-number-3']);
      });

      it('says what is the matter now when they were switched off or cannot be read', async () => {
        const run = await chainOn(new RetryClock());
        const thenVault =
          (error: Error): EchoAnswer =>
          (request, response) => {
            vault.credentials = () => Promise.reject(error);
            return status(401)(request, response);
          };
        server.answer = thenVault(new GoneError('CREDENTIALS_INACTIVE'));
        const outcome = await run();
        expect(outcome).toMatchObject({ kind: 'unauthorized', code: 'CREDENTIALS_INACTIVE' });
        expect(outcome).not.toHaveProperty('uncalled');

        vault.has(CANARY, server.url);
        server.answer = thenVault(new Error('connection terminated'));
        expect(await run()).toEqual(notSent('connect', { code: 'CREDENTIALS_UNREADABLE' }));
      });

      it('a call that read the old ones before the switch does not bring their client back', async () => {
        const run = await chainOn(new SystemClock());
        await run();
        let go: () => void = () => undefined;
        const old = await vault.credentials();
        vault.credentials = () => new Promise((resolve) => (go = () => resolve(old)));
        const late = run();
        await until(() => vault.asked === 2);
        vault.has(NEW, server.url, '2');
        await run();
        go();
        await late;
        await run();

        expect(keys()).toEqual([CANARY, NEW, CANARY, NEW]);
        expect(EchoClient.open).toBe(1);
      });
    });

    it('keeps a bounded number of clients and lets go of the one that was not used for longest', async () => {
      const run = await chainOn(new SystemClock(), 2);
      for (const integration of ['a', 'b', 'a', 'c']) await run({ integration });

      expect(EchoClient.open).toBe(2);
      const clients = built!.get(ProviderClients);
      const has = (integration: string) => clients.has({ tenantId: 'tenant-1', provider: 'echo', integration });
      expect(['a', 'b', 'c'].map(has)).toEqual([true, false, true]);
    });
  });

  it('lets no echo of the secret out: code, message, header, body, answer, log, metrics', async () => {
    const run = await chainOn(new RetryClock());
    const echoes = `no: ${CANARY} ${Buffer.from(`user:${CANARY}`).toString('base64')} \u001b[31m`;
    const found: unknown[] = [];
    const failing = [400, 401, 429, 500].map((code) =>
      status(code, { code: CANARY, message: echoes }, { 'x-key': CANARY }),
    );
    for (const answer of [...failing, status(200, { id: `id of ${CANARY}` }), status(418, { message: echoes })]) {
      server.answer = answer;
      const call = sampleCall();
      found.push(await run(call), call.tries);
    }
    found.push(lines, await built!.get(Metrics).registry.metrics());

    const everything = JSON.stringify(found);
    expect(everything).toContain('[secret]');
    for (const form of [CANARY, CANARY.slice(2, -2), Buffer.from(CANARY).toString('base64').slice(2, 20), '\\u001b'])
      expect(everything).not.toContain(form);
    expect(everything).not.toContain(Buffer.from(`user:${CANARY}`).toString('base64').slice(8, 30));
  });

  it('asks afterwards: the same call in mode reconcile', async () => {
    const run = await chainOn(new SystemClock());
    const ask = () => run({ operation: 'pay', effect: 'reconcilable', mode: 'reconcile' });

    server.answer = answers(
      status(200, { kind: 'applied', output: { id: 'p-1', more: 'dropped' } }),
      status(200, { kind: 'absent' }),
      status(200, { kind: 'applied', output: {} }),
    );
    expect(await ask()).toEqual(ok({ kind: 'applied', output: { id: 'p-1' } }));
    expect(await ask()).toEqual(ok({ kind: 'absent' }));
    expect(await ask()).toMatchObject(unknown('bad_body'));
    expect(server.received.map(({ path }) => path)).toEqual(['/paid', '/paid', '/paid']);
  });
});

function sampleCall(over: Partial<ProviderCall> = {}): ProviderCall {
  return {
    tenantId: 'tenant-1',
    provider: 'echo',
    operation: 'send',
    integration: 'default',
    laneKey: 'default',
    effect: 'once',
    policy: 'interactive',
    mode: 'call',
    input: { text: 'hola' },
    operationId: 'op-1',
    dedupeKey: 'op-1',
    repeat: 0,
    attempt: 1,
    waitsInProcess: true,
    signal: new AbortController().signal,
    tries: [],
    ...over,
  };
}

async function until(condition: () => boolean): Promise<void> {
  const endMs = performance.now() + 5_000;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error('It did not happen within 5 s');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
