import { DispatchDatabase } from '@puente/database';
import { Metrics } from '@puente/observability';
import { startTenancy, type Tenancy } from '../../../../test/support/tenancy.fixture';
import { IntegrationsAdmin } from '../integrations/integrations-admin';
import { TenantCredentialVault } from '../vault/tenant-credential-vault';
import { OperatorEvents } from './operator-events';

describe('operator events', () => {
  let tenancy: Tenancy;
  let events: OperatorEvents;
  let [a, b] = ['', ''];

  beforeAll(async () => {
    tenancy = await startTenancy();
    events = tenancy.get(OperatorEvents);
  });
  afterAll(() => tenancy.close());
  beforeEach(async () => {
    [a, b] = [(await tenancy.tenant()).id, (await tenancy.tenant()).id];
  });

  const due = { type: 'credentials.due', subject: 'integration:acme/default', occasion: 'row-1/2026-12-01' };
  const counted = async (type: string, on = tenancy): Promise<number> =>
    (
      await on
        .get(Metrics)
        .counter({ name: 'puente_operator_events_total', help: '', labelNames: ['type'] })
        .get()
    ).values
      .filter(({ labels }) => labels.type === type)
      .reduce((sum, { value }) => sum + value, 0);

  it('are one per tenant and occasion, whichever process tells it and how often', async () => {
    const other = await tenancy.another();
    const before = (await counted('credentials.due')) + (await counted('credentials.due', other));
    await Promise.all(
      [tenancy, other, tenancy, other].map((on) => on.get(OperatorEvents).publish({ tenantId: a, ...due })),
    );
    await events.publish({ tenantId: b, ...due });
    await events.publish({ tenantId: a, ...due, occasion: 'row-1/2027-03-01' });
    await events.publish({ tenantId: a, ...due, type: 'credentials.overdue' });

    expect((await events.list(a)).items.map(({ type }) => type)).toEqual([
      'credentials.overdue',
      'credentials.due',
      'credentials.due',
    ]);
    expect((await events.list(b)).items).toHaveLength(1);
    expect((await counted('credentials.due')) + (await counted('credentials.due', other)) - before).toBe(3);
    await other.close();
  });

  it('exist, and are counted, only if the transaction they belong to commits', async () => {
    const before = await counted('test.undone');
    const failing = tenancy.rows.run(a, async (tx) => {
      await events.record(tx, { tenantId: a, type: 'test.undone', subject: 'x' });
      throw new Error('undone');
    });

    await expect(failing).rejects.toThrow('undone');
    expect((await events.list(a)).items).toEqual([]);
    expect(await counted('test.undone')).toBe(before);
  });

  it('can be told by the role that settles, which cannot read them', async () => {
    const dispatch = tenancy.get(DispatchDatabase);
    const told = { tenantId: a, type: 'credentials.refused', subject: 'integration:acme/default', occasion: 'spell-1' };
    for (let time = 0; time < 2; time += 1) (await events.record(dispatch, told))();

    expect((await events.list(a)).items).toHaveLength(1);
    await expect(dispatch.query(`SELECT data FROM operator_events`)).rejects.toThrow(/permission denied/);
    await expect(dispatch.query(`DELETE FROM operator_events`)).rejects.toThrow(/permission denied/);
  });

  it('are the tenant’s own, and nobody’s to change', async () => {
    await events.publish({ tenantId: a, ...due });
    await expect(
      tenancy.rows.run(b, (tx) => events.record(tx, { tenantId: a, ...due, occasion: 'forged' })),
    ).rejects.toThrow(/row-level security/);
    expect((await events.list(b)).items).toEqual([]);
    for (const change of [`UPDATE operator_events SET type = 'a.b'`, `DELETE FROM operator_events`])
      await expect(tenancy.rows.run(a, (tx) => tx.query(change))).rejects.toThrow(/permission denied/);
  });

  it('are listed newest first, by type and time, page by page', async () => {
    for (const type of ['test.one', 'test.two', 'test.one', 'test.three'])
      await events.publish({ tenantId: a, type, subject: 'x', data: { n: 1 } });
    const first = await events.list(a, {}, undefined, 3);
    const second = await events.list(a, {}, first.next!, 3);

    expect([...first.items, ...second.items].map(({ type }) => type)).toEqual([
      ...['test.three', 'test.one', 'test.two', 'test.one'],
    ]);
    expect(second.next).toBeNull();
    expect((await events.list(a, { types: ['test.two', 'test.three'] })).items).toHaveLength(2);
    expect((await events.list(a, { since: new Date(Date.now() + 60_000) })).items).toEqual([]);
    expect((await events.list(a, { until: new Date(Date.now() - 60_000) })).items).toEqual([]);
    expect(first.items[0]).toEqual({
      ...{ id: expect.any(String), type: 'test.three', subject: 'x', data: { n: 1 }, at: expect.any(Date) },
    });
    await expect(events.list(a, {}, 'page-2')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('tell of a quarantine once', async () => {
    await tenancy
      .get(IntegrationsAdmin)
      .put(
        { actor: 'test' },
        { tenantId: a, provider: 'acme', name: 'default' },
        { secrets: { apiKey: 'key-number-1' } },
      );
    await tenancy.asSuperuser(`UPDATE tenant_integrations SET credentials = '{}' WHERE tenant_id = $1`, [a]);
    const vault = tenancy.get(TenantCredentialVault);
    await Promise.allSettled([vault.resolve(a, 'acme', 'default'), vault.resolve(a, 'acme', 'default')]);

    expect((await events.list(a)).items).toMatchObject([
      { type: 'integration.quarantined', subject: 'integration:acme/default' },
    ]);
  });
});
