import { Metrics } from '@puente/observability';
import { IntegrationsAdmin, IntegrationViews, OperatorEvents, Rotations, Tenants } from '@puente/tenancy';
import { startTenancy, type Tenancy } from '../../../test/support/tenancy.fixture';
import { RotationDueSchedule } from './rotation-due.schedule';

const origin = { actor: 'test' };

describe('credentials that are due', () => {
  let tenancy: Tenancy;
  const [a, b, c] = [0, 1, 2];
  const tenants: string[] = [];

  const scheduleOf = (process: Tenancy) =>
    new RotationDueSchedule(process.get(Rotations), process.get(OperatorEvents), process.get(Metrics));
  const save = (tenantId: string, name = 'default', secret = 'key-number-1') =>
    tenancy
      .get(IntegrationsAdmin)
      .put(origin, { tenantId, provider: 'acme', name }, { secrets: { apiKey: `${secret}-${name}` } });
  /** In so many days. */
  const dueIn = (tenantId: string, name: string, days: number) =>
    tenancy.asSuperuser(
      `UPDATE tenant_integrations SET rotate_due_at = puente_now() + make_interval(days => $3) WHERE tenant_id = $1 AND name = $2`,
      [tenantId, name, days],
    );
  const eventsOf = async (tenant: number) =>
    (await tenancy.get(OperatorEvents).list(tenants[tenant]!)).items.map(({ type, subject }) => `${type} ${subject}`);
  const names = (items: readonly { readonly name: string; readonly state: string }[]) =>
    items.map(({ name, state }) => `${name} ${state}`);

  beforeAll(async () => {
    tenancy = await startTenancy();
    for (let n = 0; n < 3; n += 1) tenants.push((await tenancy.tenant()).id);
    await save(tenants[a]!);
    await save(tenants[a]!, 'second');
    await save(tenants[b]!, 'third');
    await save(tenants[b]!, 'fresh');
    await save(tenants[c]!, 'off');
    await dueIn(tenants[a]!, 'default', 3);
    await dueIn(tenants[a]!, 'second', -3);
    await dueIn(tenants[b]!, 'third', 10);
    await dueIn(tenants[b]!, 'fresh', 15);
    await dueIn(tenants[c]!, 'off', -1);
    await tenancy.get(IntegrationsAdmin).deactivate(origin, { tenantId: tenants[c]!, provider: 'acme', name: 'off' });
  });
  afterAll(() => tenancy.close());

  it('are listed for the platform, the most urgent first, page by page', async () => {
    const rotations = tenancy.get(Rotations);
    const first = await rotations.due(undefined, undefined, 2);
    const second = await rotations.due(undefined, first.next!, 2);

    expect(names([...first.items, ...second.items])).toEqual(['second overdue', 'default due', 'third due']);
    expect(second.next).toBeNull();
    expect(first.items[0]).toEqual({
      ...{ tenantId: tenants[a], integrationId: expect.any(String), provider: 'acme', name: 'second' },
      ...{ state: 'overdue', dueAt: expect.any(Date) },
    });
    expect(names((await rotations.due(['overdue'])).items)).toEqual(['second overdue']);
    expect(names((await rotations.due(['due'])).items)).toEqual(['default due', 'third due']);
    for (const cursor of ['x', '1.2', `9.${'0'.repeat(36)}`])
      await expect(rotations.due(undefined, cursor)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('are nobody else’s to see: the view is empty but for the system tenant', async () => {
    const seen = async (tenantId: string) =>
      (await tenancy.rows.run(tenantId, (tx) => tx.query(`SELECT * FROM rotation_clocks`))).length;
    expect([await seen(tenants[a]!), await seen(tenants[b]!)]).toEqual([0, 0]);
    expect(await tenancy.rows.withoutTenant.query(`SELECT * FROM rotation_clocks`)).toEqual([]);
  });

  it('are told once per due date, by however many workers, and counted', async () => {
    const other = await tenancy.another();
    const schedules = [scheduleOf(tenancy), scheduleOf(other), scheduleOf(tenancy)];
    await Promise.all(schedules.map((schedule) => schedule.look()));
    await schedules[0]!.look();

    expect((await eventsOf(a)).sort()).toEqual([
      'credentials.due integration:acme/default',
      'credentials.overdue integration:acme/second',
    ]);
    expect(await eventsOf(b)).toEqual(['credentials.due integration:acme/third']);
    expect(await eventsOf(c)).toEqual([]);
    const metrics = await tenancy.get(Metrics).registry.metrics();
    expect(metrics).toMatch(/puente_credentials_due\{state="due"\} 2/);
    expect(metrics).toMatch(/puente_credentials_due\{state="overdue"\} 1/);
    await other.close();
  });

  it('are told again when the same ones are overdue, and when the next ones are due', async () => {
    await dueIn(tenants[b]!, 'third', -1);
    await scheduleOf(tenancy).look();
    await tenancy
      .get(IntegrationsAdmin)
      .rotate(
        origin,
        { tenantId: tenants[b]!, provider: 'acme', name: 'third' },
        { secrets: { apiKey: 'key-number-2' } },
      );
    await scheduleOf(tenancy).look();
    await dueIn(tenants[b]!, 'third', 12);
    await scheduleOf(tenancy).look();

    expect(await eventsOf(b)).toEqual([
      'credentials.due integration:acme/third',
      'credentials.overdue integration:acme/third',
      'credentials.due integration:acme/third',
    ]);
  });

  it('are due by the day on which the provider ends the key, where it is told and sooner', async () => {
    const admin = tenancy.get(IntegrationsAdmin);
    const ref = { tenantId: (await tenancy.tenant()).id, provider: 'acme', name: 'default' };
    const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);
    const seen = async () => (await tenancy.get(IntegrationViews).get(ref)).rotation;
    const listed = async () => (await tenancy.get(Rotations).due()).items.filter((r) => r.tenantId === ref.tenantId);
    const told = async () =>
      (await tenancy.get(OperatorEvents).list(ref.tenantId)).items.map(({ type }) => type).reverse();
    await admin.put(origin, ref, { secrets: { apiKey: 'key-number-1' }, config: { keyEndsOn: inDays(40) } });
    expect(await seen()).toEqual({ dueAt: new Date(inDays(40)), state: 'ok' });
    expect(await listed()).toEqual([]);

    await admin.patch(origin, ref, { config: { keyEndsOn: inDays(10) } });
    await scheduleOf(tenancy).look();
    expect(await seen()).toEqual({ dueAt: new Date(inDays(10)), state: 'due' });
    expect(await told()).toEqual(['credentials.due']);

    await admin.patch(origin, ref, { config: { keyEndsOn: inDays(-1) } });
    await scheduleOf(tenancy).look();
    expect(await seen()).toMatchObject({ state: 'overdue' });
    expect(await told()).toEqual(['credentials.due', 'credentials.overdue']);

    await admin.rotate(origin, ref, { secrets: { apiKey: 'key-number-2' } });
    expect(await seen()).toMatchObject({ state: 'overdue' });
    await admin.patch(origin, ref, { config: { keyEndsOn: inDays(400) } });
    expect((await seen()).state).toBe('ok');
    expect((await seen()).dueAt?.getTime()).toBeLessThan(Date.parse(inDays(92)));
    expect(await listed()).toEqual([]);
  });

  it('of a suspended tenant are nobody’s concern until it is active again', async () => {
    const listed = async () =>
      (await tenancy.get(Rotations).due()).items.some(({ tenantId }) => tenantId === tenants[a]);
    await tenancy.get(Tenants).suspend(origin, tenants[a]!);
    expect(await listed()).toBe(false);
    await tenancy.get(Tenants).activate(origin, tenants[a]!);
    expect(await listed()).toBe(true);
  });
});
