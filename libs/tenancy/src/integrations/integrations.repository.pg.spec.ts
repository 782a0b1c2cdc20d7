import { startTenancy, type Tenancy } from '../../../../test/support/tenancy.fixture';
import { until } from '../../../../test/support/sandbox-until';
import { IntegrationsRepository } from './integrations.repository';

describe('IntegrationsRepository', () => {
  let tenancy: Tenancy;
  let ref: { tenantId: string; provider: string; name: string };

  beforeAll(async () => {
    tenancy = await startTenancy();
    ref = { tenantId: (await tenancy.tenant('A')).id, provider: 'acme', name: 'default' };
  });
  afterAll(() => tenancy.close());

  it('has it to itself from the first statement on: who deletes it meanwhile waits', async () => {
    const repository = tenancy.get(IntegrationsRepository);
    const { id } = await tenancy.rows.run(ref.tenantId, (tx) => repository.lockOrCreate(tx, ref));
    let deleting: Promise<unknown> | undefined;

    const again = await tenancy.rows.run(ref.tenantId, (tx) => {
      const query = async (sql: string, parameters?: unknown[]): Promise<unknown[]> => {
        const rows = await tx.query(sql, parameters);
        let deleted = false;
        deleting = tenancy.rows
          .run(ref.tenantId, (other) => other.query(`DELETE FROM tenant_integrations WHERE id = $1`, [id]))
          .then(() => (deleted = true));
        await until(async () => deleted || (await waitsForLock()), { withinMs: 5_000, what: 'the other one goes on' });
        return rows;
      };
      return repository.lockOrCreate(Object.assign(Object.create(tx) as typeof tx, { query }), ref);
    });

    expect(again.id).toBe(id);
    await deleting;
  });

  const waitsForLock = async (): Promise<boolean> =>
    (
      await tenancy.asSuperuser(
        `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
      )
    ).length > 0;
});
