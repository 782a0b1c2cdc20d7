import { Test, type TestingModule } from '@nestjs/testing';
import { CallDecisions, Clock, ok, Secret, SystemClock } from '@puente/kernel';
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
import { TimeoutInterceptor } from '@puente/resilience';
import { callChains, ProbeChain } from '../chain/call-chain';
import { ConnectSettings } from '../chain/provider-clients';
import { ProviderFaultLog } from '../chain/provider-fault-log';
import { ProviderInvocation } from '../chain/provider-invocation';
import { echo, EchoClient, EchoServer, status } from '../echo-provider.fixture';
import { ProviderCatalogue } from '../provider-catalogue';
import { loopbackEgress } from '../testing/contract-suite';
import { CatalogueCredentialRules } from './catalogue-credential-rules';
import { ChainCredentialProbe } from './chain-credential-probe';

const CANARY = 'candidate-0123456789abcdef';

describe('ChainCredentialProbe', () => {
  const server = new EchoServer();
  const lines: string[] = [];
  let module: TestingModule;
  let probe: ChainCredentialProbe;

  beforeAll(async () => {
    await server.start();
    const redactor = new Redactor();
    const destination = { write: (line: string) => void lines.push(line) };
    module = await Test.createTestingModule({
      providers: [
        ...callChains.filter(({ provide }) => provide === ProbeChain),
        ...[TraceInterceptor, ProviderCallLog, LogInterceptor, MetricsInterceptor, TimeoutInterceptor],
        ...[ProviderInvocation, ProviderFaultLog, Metrics, ChainCredentialProbe, CatalogueCredentialRules],
        { provide: CallDecisions, useClass: CallDecisionLog },
        { provide: Redactor, useValue: redactor },
        { provide: LogSink, useValue: createLogSink({ service: 'test', level: 'trace', redactor, destination }) },
        { provide: Clock, useClass: SystemClock },
        {
          provide: ConnectSettings,
          useFactory: () => new ConnectSettings({ installation: 'test', egress: loopbackEgress() }),
        },
        { provide: ProviderCatalogue, useFactory: () => new ProviderCatalogue([echo]) },
      ],
    }).compile();
    probe = module.get(ChainCredentialProbe);
  });
  beforeEach(() => {
    server.reset();
    lines.length = 0;
  });
  afterEach(() => expect(EchoClient.open).toBe(0)); // nothing of a candidate stays open
  afterAll(async () => {
    await module.close();
    await server.stop();
  });

  const candidate = (over: { url?: string; apiKey?: string } = {}) => ({
    tenantId: 'tenant-1',
    provider: 'echo',
    integration: 'default',
    secrets: new Secret({ apiKey: over.apiKey ?? CANARY }),
    config: { url: over.url ?? server.url },
    externalId: 'x',
  });

  it('runs the provider’s probe with the candidate’s secrets', async () => {
    expect(await probe.probe(candidate())).toEqual(ok({ id: 'r-1' }));
    expect(server.received).toMatchObject([
      { path: '/look', body: { text: '/' }, headers: { authorization: `Bearer ${CANARY}` } },
    ]);
    expect(lines.join()).toContain('"mode":"probe"');
  });

  it('says what the provider says, without the secret, and logs it', async () => {
    server.answer = status(401, { code: 'bad_key', message: `${CANARY} is not a key` });

    const outcome = await probe.probe(candidate());

    expect(outcome).toMatchObject({ kind: 'unauthorized', code: 'bad_key', status: 401 });
    expect(lines.join()).toContain('External service error');
    expect(JSON.stringify([outcome, lines])).not.toContain(CANARY);
  });

  it('does not connect with what no client can be made of', async () => {
    expect(await probe.probe(candidate({ url: 'http://forbidden.example' }))).toEqual({
      kind: 'unauthorized',
      code: 'CREDENTIALS_UNUSABLE',
    });
  });

  it('refuses a configuration that the probe cannot ask about', async () => {
    const outcome = await probe.probe(candidate({ url: `${server.url}/${'x'.repeat(200)}` }));

    expect(outcome).toMatchObject({ kind: 'rejected', code: 'INVALID_INPUT' });
    expect(server.received).toEqual([]);
  });

  it('tells tenancy what keeping the credentials takes', () => {
    const rules = module.get(CatalogueCredentialRules);

    expect(rules.providers()).toEqual(['echo']);
    expect(rules.rulesOf('nothing')).toBeUndefined();
    expect(rules.rulesOf('echo')).toMatchObject({
      provider: 'echo',
      model: 'tenant',
      globalFields: [],
      rotateEveryDays: 90,
      rebindOn: ['url'],
    });
  });
});
