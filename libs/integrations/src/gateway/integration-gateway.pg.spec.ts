import { Global, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import { AppConfigModule, loadConfig } from '@puente/config';
import { DatabaseModule, TenantDatabase } from '@puente/database';
import { EgressModule } from '@puente/egress';
import { AppError, type JsonObject, type JsonValue, Secret, SYSTEM_TENANT_ID, uuidv7 } from '@puente/kernel';
import {
  DispatchModule,
  LaneReports,
  LedgerModule,
  OperationLedger,
  type OperationState,
  PayloadCipher,
  SharedLaneStore,
} from '@puente/ledger';
import { ObservabilityModule } from '@puente/observability';
import { LaneStore } from '@puente/resilience';
import { createHash } from 'node:crypto';
import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { CredentialVault, type ResolvedCredentials } from '../credential-vault.port';
import { IntegrationLanes } from '../credentials/integration-lanes';
import { LaneProbes } from '../credentials/lane-probes';
import { answers, drop, echo, EchoServer, hang, status } from '../echo-provider.fixture';
import { IntegrationsModule } from '../integrations.module';
import type { AnyProvider, CredentialModel } from '../provider';
import type { CallOptions } from './call-result';
import { ExternalServiceException, outputOrThrow } from './external-service.exception';
import { IntegrationGateway } from './integration-gateway';
import { providerFacade } from './provider-facade';

const CANARY = 'canary-Zx81-0123456789abcdef';

/** Seals nothing: what the ledger writes is there to be searched. */
class OpenCipher extends PayloadCipher {
  seal(_place: unknown, value: JsonValue): Promise<JsonObject> {
    return Promise.resolve({ value });
  }

  open(_place: unknown, { value }: JsonObject): Promise<JsonValue> {
    return Promise.resolve(value ?? null);
  }

  requestHash(tenantId: string, request: JsonValue): Promise<Buffer> {
    return Promise.resolve(
      createHash('sha256')
        .update(JSON.stringify([tenantId, request]))
        .digest(),
    );
  }
}

/** Nobody is told: what operators hear of is tenancy's, see credential-events.pg.spec.ts. */
class Untold extends LaneReports {
  refused = (): Promise<() => void> => Promise.resolve(() => undefined);
  resumed = (): Promise<() => void> => Promise.resolve(() => undefined);
}

class NoCredentialsError extends AppError {
  readonly code = 'CREDENTIALS_MISSING';
}

class TestVault extends CredentialVault {
  readonly tenants = new Map<string, ResolvedCredentials>();

  resolve(tenantId: string): Promise<ResolvedCredentials> {
    const found = this.tenants.get(tenantId);
    return found ? Promise.resolve(found) : Promise.reject(new NoCredentialsError('There are none'));
  }
}

/** The same provider with the platform's credentials, and with those that tenants may complete. */
const lending = (id: string, code: `INT-${string}`, model: CredentialModel): AnyProvider => ({
  ...echo,
  meta: { ...echo.meta, id, code },
  credentials: { ...echo.credentials, model },
});

/** The same provider with a quota of one call a minute. */
const limited: AnyProvider = {
  ...echo,
  meta: { ...echo.meta, id: 'limited', code: 'INT-903' },
  limits: [{ limite: 'Por minuto', quota: 1, windowMs: 60_000, per: 'credential', accion: 'Esperar' }],
};

class Echo extends providerFacade(echo) {}

const vault = new TestVault();

@Global()
@Module({
  providers: [
    { provide: PayloadCipher, useClass: OpenCipher },
    { provide: CredentialVault, useValue: vault },
    { provide: LaneReports, useClass: Untold },
    { provide: LaneStore, useExisting: SharedLaneStore },
  ],
  exports: [PayloadCipher, CredentialVault, LaneReports, LaneStore],
})
class TestPortsModule {}

@Module({ providers: [Echo], exports: [Echo] })
class EchoProviderModule {}

describe('IntegrationGateway on PostgreSQL', () => {
  const server = new EchoServer();
  const lines: string[] = [];
  let database: TestDatabase;
  let superuser: Client;
  let app: TestingModule;
  let gateway: IntegrationGateway;
  let ledger: OperationLedger;
  let tenantId: string;

  beforeAll(async () => {
    await server.start();
    database = await createTestDatabase();
    superuser = new Client(database.superuserUrl);
    await superuser.connect();
    const config = loadConfig({
      DATABASE_APP_URL: database.appUrl,
      DATABASE_DISPATCH_URL: database.dispatchUrl,
      DATABASE_AUTH_URL: database.authUrl,
      LOG_LEVEL: 'debug',
      POLL_MS: '20',
    });
    app = await Test.createTestingModule({
      imports: [
        AppConfigModule.with(config),
        ObservabilityModule.forRoot({ service: 'test', logTo: { write: (line) => void lines.push(line) } }),
        DatabaseModule,
        EgressModule,
        TestPortsModule,
        LedgerModule.forRoot({}),
        DispatchModule.forRoot({}),
        IntegrationsModule.forRoot({
          catalog: [echo, lending('shared', 'INT-901', 'global'), lending('mixed', 'INT-902', 'hybrid'), limited],
          installation: 'test',
          probePausedLanes: true,
        }),
        EchoProviderModule,
      ],
    }).compile();
    await app.init();
    await superuser.query(
      `INSERT INTO tenants (id, name, data_key, external_id) VALUES ($1, 'Platform', '{}', 'x') ON CONFLICT DO NOTHING`,
      [SYSTEM_TENANT_ID],
    );
    gateway = app.get(IntegrationGateway);
    ledger = app.get(OperationLedger);
  });
  beforeEach(async () => {
    server.reset();
    tenantId = uuidv7();
    await superuser.query(`INSERT INTO tenants (id, name, data_key, external_id) VALUES ($1, 'test', '{}', 'x')`, [
      tenantId,
    ]);
    vault.tenants.set(tenantId, credentials(CANARY, tenantId));
  });
  afterAll(async () => {
    await app.close();
    await superuser.end();
    await database.drop();
    await server.stop();
  });

  const credentials = (apiKey: string, version: string): ResolvedCredentials => ({
    secrets: new Secret({ apiKey }),
    config: { url: server.url },
    version,
    externalId: 'x',
    provenance: {},
  });
  const options = (over: Partial<CallOptions> = {}): CallOptions => ({ tenantId, ...over });
  const rows = async () => {
    const found = await superuser.query('SELECT * FROM operations WHERE tenant_id = $1 ORDER BY seq', [tenantId]);
    return found.rows as Record<string, unknown>[];
  };
  const becomes = (operationId: string, state: OperationState) =>
    until(async () => (await ledger.get(tenantId, operationId)).state === state);

  it('writes the row, calls, settles and answers', async () => {
    const result = await gateway.call('echo', 'send', { text: 'hola' }, options());

    expect(result).toEqual({ kind: 'done', output: { id: 'r-1' }, operationId: expect.any(String) });
    expect(await rows()).toMatchObject([
      { state: 'succeeded', effect: 'once', lane_key: 'default', policy: 'interactive', on_unknown: 'review' },
    ]);
    expect(server.received[0]?.headers['x-dedupe']).toBe((await rows())[0]?.id);
  });

  it('computes effect and key window from the input, once', async () => {
    await gateway.call('echo', 'send', { text: 'fifo 1' }, options());
    await gateway.call('echo', 'pay', { text: '1' }, options());

    expect(await rows()).toMatchObject([
      { effect: 'idempotent', key_window_ms: '300000', settle_ms: 0 },
      { effect: 'reconcilable', key_window_ms: null, settle_ms: 1_000 },
    ]);
  });

  it('leaves no row for a read, and none for what cannot be called', async () => {
    expect(await gateway.call('echo', 'look', { text: '?' }, options({ deadlineMs: 0 }))).toMatchObject({
      kind: 'done',
    });
    const refused = (provider: string, operation: string, input: unknown) =>
      expect(gateway.call(provider, operation, input, options())).rejects;
    await refused('eco', 'send', {}).toMatchObject({ code: 'PROVIDER_NOT_FOUND' });
    await refused('echo', 'sent', {}).toMatchObject({ code: 'PROVIDER_OPERATION_NOT_FOUND' });
    await refused('echo', 'send', { text: 7_777, 'x-y': 1 }).toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.not.stringContaining('7777'),
      errors: [
        { path: 'text', message: expect.not.stringContaining('7777') },
        { path: '', message: 'unknown field(s): "x-y"' },
      ],
    });
    expect(() => gateway.prepare('echo', 'look', { text: '?' }, { tenantId })).toThrow(/read/);

    expect(await rows()).toEqual([]);
  });

  it('refuses a synchronous call without credentials before it is written, but accepts one for later', async () => {
    vault.tenants.delete(tenantId);

    await expect(gateway.call('echo', 'send', { text: 'a' }, options())).rejects.toMatchObject({
      code: 'CREDENTIALS_MISSING',
    });
    await expect(gateway.call('echo', 'look', { text: 'a' }, options())).rejects.toMatchObject({
      code: 'CREDENTIALS_MISSING',
    });
    expect(await rows()).toEqual([]);

    const later = await gateway.call('echo', 'send', { text: 'b' }, options({ respondAsync: true }));
    expect(later.kind).toBe('pending');
    expect(server.received).toEqual([]);
  });

  it('answers a refusal, and pauses the lane when it is the credentials that are refused', async () => {
    server.answer = status(422, { code: 'too_long' });
    expect(await gateway.call('echo', 'send', { text: 'a' }, options())).toMatchObject({
      kind: 'rejected',
      failure: { kind: 'rejected', code: 'too_long', status: 422 },
    });
    server.answer = status(401, { code: 'bad_key' });
    expect(await gateway.call('echo', 'send', { text: 'b' }, options())).toMatchObject({
      kind: 'unauthorized',
      failure: { kind: 'unauthorized', code: 'bad_key' },
      operationId: expect.any(String),
    });

    expect(await rows()).toMatchObject([{ state: 'rejected' }, { state: 'rejected', failure: 'unauthorized' }]);
    const lanes = await superuser.query('SELECT paused_by FROM lanes WHERE tenant_id = $1', [tenantId]);
    expect(lanes.rows).toEqual([{ paused_by: 'unauthorized' }]);
  });

  it('never calls a lost answer a failure: it is pending, and a person or the provider is asked', async () => {
    server.answer = drop;
    const once = await gateway.call('echo', 'send', { text: 'once' }, options());
    expect(once.kind).toBe('pending');
    expect(await rows()).toMatchObject([{ state: 'needs_review', maybe_sent: true, failure: 'unknown:reset' }]);

    server.answer = ({ path }, response) =>
      path === '/pay'
        ? void response.socket?.destroy()
        : void response.end(JSON.stringify({ kind: 'applied', output: { id: 'paid once' } }));
    const paid = await gateway.call('echo', 'pay', { text: '1' }, options());
    const operationId = paid.kind === 'pending' ? paid.operationId : '';
    await becomes(operationId, 'succeeded'); // the dispatcher waits settleMs, then asks
    expect((await ledger.get(tenantId, operationId)).output).toEqual({ id: 'paid once' });
    expect(server.received.filter(({ path }) => path === '/pay')).toHaveLength(1);
  });

  it('lets the caller go at the deadline and the call end in peace', async () => {
    let respond: () => void = () => undefined;
    server.answer = (_request, response) => void (respond = () => response.end('{"id":"late"}'));
    const result = await gateway.call('echo', 'send', { text: 'slow' }, options({ deadlineMs: 100 }));
    expect(result.kind).toBe('pending');

    respond();
    const operationId = result.kind === 'pending' ? result.operationId : '';
    await becomes(operationId, 'succeeded');
    expect((await ledger.get(tenantId, operationId)).output).toEqual({ id: 'late' });
    expect(server.received).toHaveLength(1);
  });

  it('lets a caller who hangs up go, and a read with them', async () => {
    server.answer = hang;
    const gone = new AbortController();
    const write = gateway.call('echo', 'send', { text: 'w' }, options({ signal: gone.signal }));
    const read = gateway.call('echo', 'look', { text: 'r' }, options({ signal: gone.signal }));
    await until(() => Promise.resolve(server.received.length === 2));

    gone.abort();

    expect((await write).kind).toBe('pending');
    expect(await read).toMatchObject({ kind: 'failed', failure: { kind: 'unknown', cause: 'timeout' } });
    expect(await rows()).toMatchObject([{ state: 'running' }]);
    await until(async () => (await rows())[0]?.state === 'needs_review'); // at the ceiling of its try
  });

  it('gives the first answer back under the same idempotency key, and none to another request', async () => {
    const request = { text: 'order 7' };
    const keyed = (body: typeof request) =>
      gateway.call('echo', 'send', body, options({ idempotency: { route: 'test', key: 'k-1', request: body } }));

    const first = await keyed(request);
    const second = await keyed(request);

    expect(first.kind).toBe('done');
    expect(second).toEqual(first);
    await expect(keyed({ text: 'order 8' })).rejects.toMatchObject({ code: 'IDEMPOTENCY_KEY_REUSED' });
    expect(server.received).toHaveLength(1);
  });

  it('runs what a flow prepared in its own transaction, typed by the facade', async () => {
    const echoes = app.get(Echo);
    const operation = echoes.prepare('send', { text: 'in a flow' }, { tenantId, traceId: 'ab'.repeat(16) });
    await app.get(TenantDatabase).run(tenantId, (tx) => ledger.accept(tx, operation));

    await becomes(operation.id, 'succeeded');
    expect(server.received).toMatchObject([{ path: '/send', headers: { 'x-dedupe': operation.id } }]);
    expect(lines.some((line) => line.includes(operation.id) && line.includes('ab'.repeat(16)))).toBe(true);
    const read = await echoes.call('look', { text: '?' }, options());
    expect(outputOrThrow('echo', 'look', read).id).toBe('r-1');
  });

  it('throws for callers who want an exception, and says what the failure means', async () => {
    server.answer = status(422, { code: 'too_long' });
    const result = await app.get(Echo).call('send', { text: 'a' }, options());

    expect(() => outputOrThrow('echo', 'send', result)).toThrow(ExternalServiceException);
    expect(() => outputOrThrow('echo', 'send', result)).toThrow('echo.send: rejected (too_long)');
  });

  it('resumes a paused lane when the credentials work again, and not before', async () => {
    server.answer = status(401);
    await gateway.call('echo', 'send', { text: 'a' }, options());
    const waiting = await gateway.call('echo', 'send', { text: 'waits' }, options({ respondAsync: true }));
    const probes = app.get(LaneProbes);

    expect(await probes.probeDue(3_600_000)).toBe(0); // not its turn
    expect(server.received.filter(({ path }) => path === '/look')).toHaveLength(0);
    expect(await probes.probeDue(1)).toBe(0); // still refused
    expect(server.received.filter(({ path }) => path === '/look').length).toBeGreaterThan(0);
    expect(await rows()).toMatchObject([{ state: 'rejected' }, { state: 'queued' }]);

    server.answer = status(200, { id: 'mended' });
    await until(async () => {
      await probes.probeDue(1);
      return (await rows())[1]?.state === 'succeeded';
    });
    expect((await rows())[1]?.id).toBe(waiting.kind === 'pending' ? waiting.operationId : '');
    expect(lines.join()).toContain('lane.resumed');
  });

  it('tries a lane more and more rarely when the probe passes and its calls are refused all the same', async () => {
    const probes = app.get(LaneProbes);
    server.answer = (received, response) =>
      (received.path === '/look' ? status(200, { id: 'fine' }) : status(401))(received, response);
    await gateway.call('echo', 'send', { text: 'a' }, options({ respondAsync: true }));
    const lane = async () => {
      const { rows: lanes } = await superuser.query('SELECT * FROM lanes WHERE tenant_id = $1', [tenantId]);
      return lanes[0] as { readonly paused_by: string | null; readonly tried_at: Date | null } | undefined;
    };
    const pausedAgain = () => until(async () => (await lane())?.paused_by === 'unauthorized');
    const passes = (minutes: number) =>
      superuser.query(`UPDATE lanes SET paused_at = paused_at - $2 * interval '1 minute' WHERE tenant_id = $1`, [
        ...[tenantId, minutes],
      ]);
    const triedAt = async () => (await lane())?.tried_at?.getTime();
    /** Whether the lane was let go. */
    const looks = async (everyMs: number) => {
      const before = await triedAt();
      await probes.probeDue(everyMs);
      return (await triedAt()) !== before;
    };
    for (let n = 0; n < 2; n++) {
      await pausedAgain();
      await until(() => looks(1));
    }
    await pausedAgain();

    expect(await lane()).toMatchObject({ vain_tries: 1 });
    await passes(3);
    expect(await looks(60_000)).toBe(false); // four minutes by now
    await passes(2);
    expect(await looks(60_000)).toBe(true);
  });

  it.each([
    ['shared', 'default'],
    ['mixed', 'of-the-tenant'],
  ])('lets every tenant of %s go on once the platform’s credentials are mended', async (provider, integration) => {
    server.answer = status(401);
    const waiting = await gateway.call(provider, 'send', { text: 'a' }, options({ integration, respondAsync: true }));
    const id = waiting.kind === 'pending' ? waiting.operationId : '';
    await until(async () => (await rows())[0]?.failure === 'unauthorized');
    server.answer = status(200, { id: 'mended' });
    await app.get(IntegrationLanes).resume(SYSTEM_TENANT_ID, 'echo', 'default');
    expect(await rows()).toMatchObject([{ state: 'queued' }]);

    await app.get(IntegrationLanes).resume(SYSTEM_TENANT_ID, provider, 'default');
    await becomes(id, 'succeeded');
  });

  describe('the directive', () => {
    it('a Retry-After longer than the deadline turns into 202, and the operation completes in the background', async () => {
      server.answer = answers(status(429, {}, { 'retry-after': '1' }), status(200, { id: 'later' }));
      const askedAtMs = performance.now();

      const result = await gateway.call('echo', 'send', { text: 'patience' }, options({ deadlineMs: 900 }));

      expect(result.kind).toBe('pending'); // what the API answers 202 to, with the operation's address
      expect(performance.now() - askedAtMs).toBeLessThan(900); // told at once, not at the deadline
      const operationId = result.kind === 'pending' ? result.operationId : '';
      await becomes(operationId, 'succeeded');
      expect(server.received).toHaveLength(2);
      expect(performance.now() - askedAtMs).toBeGreaterThanOrEqual(1_000);
      expect((await ledger.attempts(tenantId, operationId)).map(({ outcome }) => outcome)).toEqual(['throttled', 'ok']);
    });

    it('a quota that is used up turns into 202 as well: no try, no attempt, it waits in the ledger', async () => {
      await gateway.call('limited', 'send', { text: 'first' }, options());

      const result = await gateway.call('limited', 'send', { text: 'second' }, options({ deadlineMs: 5_000 }));

      const operationId = result.kind === 'pending' ? result.operationId : '';
      expect(await rows()).toMatchObject([
        { state: 'succeeded' },
        { id: operationId, state: 'queued', attempt: 0, failure: 'deferred:quota', maybe_sent: false },
      ]);
      expect(await ledger.attempts(tenantId, operationId)).toEqual([]);
      expect(server.received).toHaveLength(1);
    });

    it('a read that a quota keeps away says so, and when to ask again', async () => {
      await gateway.call('limited', 'look', { text: 'first' }, options());

      expect(await gateway.call('limited', 'look', { text: 'second' }, options({ deadlineMs: 50 }))).toMatchObject({
        kind: 'failed',
        failure: { kind: 'throttled', deferred: 'quota', retryAfterMs: expect.any(Number) },
      });
    });
  });

  it('keeps an echoed secret out of every column and every line', async () => {
    const echoes = { code: `E-${CANARY}`, message: `Bearer ${CANARY} \u0000\u001b[2J` };
    for (const code of [400, 401, 429, 500]) {
      server.answer = status(code, echoes, { 'x-echo': CANARY });
      await gateway.call('echo', 'send', { text: String(code) }, options({ deadlineMs: 500 }));
    }
    server.answer = status(200, { id: `id ${CANARY}` });
    await gateway.call('echo', 'send', { text: 'ok' }, options());

    const dump: unknown[] = [];
    for (const table of ['operations', 'attempts', 'lanes', 'idempotency_keys']) {
      const found = await superuser.query(`SELECT t::text FROM ${table} AS t WHERE tenant_id = $1`, [tenantId]);
      dump.push(found.rows);
    }
    const everything = JSON.stringify([dump, lines]);
    expect(everything).toContain('[secret]');
    expect(everything).not.toContain(CANARY);
  });
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  const endMs = performance.now() + 15_000;
  while (!(await condition())) {
    if (performance.now() > endMs) throw new Error('It did not happen within 15 s');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
