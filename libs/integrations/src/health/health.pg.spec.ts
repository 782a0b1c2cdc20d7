import { DispatchDatabase, TenantDatabase } from '@puente/database';
import { type ProviderCall, SystemClock } from '@puente/kernel';
import { createLogSink, Metrics, Redactor } from '@puente/observability';
import { OperatorEvents } from '@puente/tenancy';
import { QuotaLeases } from '@puente/resilience';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { ToldDecisions } from '../../../../test/support/told-decisions';
import { echo } from '../echo-provider.fixture';
import type { AnyProvider } from '../provider';
import { ProviderCatalogue } from '../provider-catalogue';
import { FlexibleQuotaStore } from '../quotas/flexible-quota-store';
import { PostgresCounters } from '../quotas/postgres-counters';
import { HealthLog } from './health-log';
import { HealthRecorder } from './health-recorder';
import { HealthStore } from './health-store';
import { HealthViews } from './health-views';
import { HealthWatch } from './health-watch';

const A = '0190a000-0000-7000-8000-00000000000a';
const B = '0190a000-0000-7000-8000-00000000000b';
const GONE = '0190a000-0000-7000-8000-00000000000c';

/** What a process has: counts of its own, and its own look at everybody's. */
interface Process {
  readonly recorder: HealthRecorder;
  readonly watch: HealthWatch;
  readonly leases: QuotaLeases;
  readonly metrics: Metrics;
}

describe('the health of providers, over all processes', () => {
  const catalogue = new ProviderCatalogue([
    echo as AnyProvider,
    { ...echo, meta: { ...echo.meta, id: 'hooks', code: 'INT-998' }, monitoring: { receivers: true } } as AnyProvider,
  ]);
  const lines: string[] = [];
  const eventLog = {
    operatorEvent: (_tenant: string, type: string) => void lines.push(type),
  } as unknown as ConstructorParameters<typeof OperatorEvents>[1];
  let test: TestDatabase;
  let database: DispatchDatabase;
  let source: DataSource;
  let owner: Client;
  let views: HealthViews;
  let store: HealthStore;

  beforeAll(async () => {
    test = await createTestDatabase();
    database = new DispatchDatabase({ url: test.dispatchUrl, max: 4, applicationName: 'health' });
    source = await new DataSource({ type: 'postgres', url: test.appUrl, installExtensions: false }).initialize();
    owner = new Client({ connectionString: test.ownerUrl });
    await owner.connect();
    store = new HealthStore(database);
    views = new HealthViews(new TenantDatabase(source), store, catalogue);
    for (const id of [A, B, GONE])
      await owner.query(`INSERT INTO tenants (id, name, data_key, external_id) VALUES ($1, 'x', '{}', 'x')`, [id]);
    await owner.query(`UPDATE tenants SET status = 'deleted', deleted_at = now(), data_key = NULL WHERE id = $1`, [
      GONE,
    ]);
  });
  beforeEach(async () => {
    lines.length = 0;
    await owner.query(`DELETE FROM provider_minutes; DELETE FROM provider_alerts; DELETE FROM operator_events`);
    await owner.query(`UPDATE clock_skew SET skew = interval '0'`);
  });
  afterAll(async () => {
    await Promise.all([database.close(), source.destroy(), owner.end()]);
    await test.drop();
  });

  function process(): Process {
    const metrics = new Metrics();
    const clock = new SystemClock();
    const destination = { write: (line: string) => void lines.push(line) };
    const sink = createLogSink({ service: 'test', level: 'info', redactor: new Redactor(), destination });
    const log = new HealthLog(sink, metrics);
    const leases = new QuotaLeases(new FlexibleQuotaStore(new PostgresCounters(database)), new ToldDecisions(), clock);
    const events = new OperatorEvents(new TenantDatabase(source), eventLog, metrics);
    return {
      recorder: new HealthRecorder(store, catalogue, leases, log, metrics),
      watch: new HealthWatch(store, catalogue, events, clock, log),
      leases,
      metrics,
    };
  }

  const call = (tenantId: string, integration = 'default') =>
    ({ provider: 'echo', tenantId, integration }) as ProviderCall;
  async function calls(by: Process, tenantId: string, good: number, bad = 0, tookMs = 30): Promise<void> {
    for (let each = 0; each < good + bad; each += 1) by.recorder.called(call(tenantId), each < bad, tookMs);
    await by.recorder.flush();
  }
  const later = (minutes: number) =>
    owner.query(`UPDATE clock_skew SET skew = skew + make_interval(mins => $1)`, [minutes]);
  const healthOf = async (tenantId: string) => (await views.of(tenantId))('echo', 'default');
  const events = async () =>
    (await owner.query<{ type: string }>(`SELECT tenant_id, type, data FROM operator_events ORDER BY id`)).rows;

  it('adds up what several processes count, in one statement each', async () => {
    const query = jest.spyOn(database, 'query');
    await Promise.all([calls(process(), A, 30, 2), calls(process(), A, 10, 1, 2_500), calls(process(), B, 5)]);
    expect(query).toHaveBeenCalledTimes(3);
    query.mockRestore();

    expect(await healthOf(A)).toEqual({
      state: 'ok',
      window: { calls: 43, errorPercent: 7, p95Ms: expect.any(Number) as number },
      limitUsedPercent: null,
      alerts: [],
    });
    expect(await healthOf(B)).toMatchObject({ window: { calls: 5, errorPercent: 0 } });
    expect((await views.of(A))('echo', 'another')).toMatchObject({ state: 'idle' });
  });

  it('an alert is raised once and ended once, whoever looks, and shown meanwhile', async () => {
    const [one, two] = [process(), process()];
    await calls(one, A, 0, 100);
    await Promise.all([one.watch.look(), two.watch.look(), two.watch.look()]);

    expect(await events()).toMatchObject([
      { tenant_id: A, type: 'provider.alert_raised', data: { kind: 'errors', value: 100, threshold: 5 } },
    ]);
    expect(await healthOf(A)).toMatchObject({
      state: 'alert',
      alerts: [{ kind: 'errors', value: 100, threshold: 5, since: expect.any(Date) as Date }],
    });
    expect(await one.metrics.registry.metrics()).toMatch(
      /^puente_provider_alerts\{provider="echo",kind="errors"\} 1$/m,
    );

    for (let ago = 0; ago < 10; ago += 1) {
      await later(1);
      await calls(one, A, 20);
      await two.watch.look();
    }
    expect(await healthOf(A)).toMatchObject({ state: 'alert', window: { errorPercent: 0 } }); // one window is not two

    await later(1);
    await Promise.all([one.watch.look(), two.watch.look()]);
    expect((await events()).map(({ type }) => type)).toEqual(['provider.alert_raised', 'provider.alert_recovered']);
    expect(lines).toEqual(['provider.alert_raised', 'provider.alert_recovered']);
    expect(await healthOf(A)).toMatchObject({ state: 'ok', alerts: [] });
    expect(await two.metrics.registry.metrics()).toMatch(
      /^puente_provider_alerts\{provider="echo",kind="errors"\} 0$/m,
    );
  });

  it('a quota that runs out is an alert and a metric', async () => {
    const one = process();
    const owned = { tenantId: A, provider: 'echo', integration: 'default' };
    const quota = { key: 'q', name: '', limit: 100, windowMs: 60_000, cost: 1, enforced: true, owner: owned };
    for (let each = 0; each < 81; each += 1) await one.leases.admit(quota);
    await calls(one, A, 20);
    await one.watch.look();

    expect(await healthOf(A)).toMatchObject({
      limitUsedPercent: 81,
      alerts: [{ kind: 'limit', value: 81, threshold: 80 }],
    });
    expect(await one.metrics.registry.metrics()).toContain('puente_provider_limit_used_percent{provider="echo"} 81');
  });

  it('receivers of our tenants’ own choice raise none, however they fail', async () => {
    const one = process();
    const owned = { tenantId: A, provider: 'hooks', integration: 'default' };
    const quota = { key: 'h', name: '', limit: 100, windowMs: 60_000, cost: 1, enforced: true, owner: owned };
    for (let each = 0; each < 100; each += 1) {
      await one.leases.admit(quota);
      one.recorder.called({ ...call(A), provider: 'hooks' }, true, 9_000);
    }
    await one.recorder.flush();
    await one.watch.look();

    expect(await events()).toEqual([]);
    expect((await views.of(A))('hooks', 'default')).toMatchObject({ state: 'idle', alerts: [] });
  });

  it('counts that cannot be written go with the next ones, and are told of once', async () => {
    const one = process();
    const query = jest.spyOn(database, 'query').mockRejectedValue(new Error('connection refused'));
    await calls(one, A, 7, 1);
    await calls(one, A, 2);
    query.mockRestore();
    await calls(one, A, 10);

    expect(await healthOf(A)).toMatchObject({ window: { calls: 20, errorPercent: 5 } });
    expect(lines.filter((line) => line.includes('provider_health.unwritten'))).toHaveLength(1);
  });

  it('a deleted tenant has no health, and does not keep the others from theirs', async () => {
    const one = process();
    one.recorder.called(call(GONE), false, 30);
    await calls(one, A, 3);

    const { rows } = await owner.query(`SELECT DISTINCT tenant_id FROM provider_minutes`);
    expect(rows).toEqual([{ tenant_id: A }]);
  });

  it('forgets what is hours old', async () => {
    await calls(process(), A, 3);
    await later(119);
    await calls(process(), A, 3);
    await store.forget();
    expect((await owner.query(`SELECT minute FROM provider_minutes`)).rowCount).toBe(2);
    await later(3);
    await store.forget();
    expect((await owner.query(`SELECT minute FROM provider_minutes`)).rowCount).toBe(1);
  });
});
