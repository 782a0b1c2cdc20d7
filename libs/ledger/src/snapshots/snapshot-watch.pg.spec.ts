import { Metrics } from '@puente/observability';
import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { LedgerTime } from '../ledger-time';
import { LedgerLog } from '../ledger.log';
import { TestProcess, eventually } from '../testing/ledger.fixture';
import { SnapshotReports } from './snapshot-reports';
import { SnapshotAlarm, SnapshotWatch } from './snapshot-watch';

describe('snapshot watch', () => {
  let database: TestDatabase;
  let one: TestProcess;
  let holder: Client;
  const metrics = new Metrics();

  beforeAll(async () => {
    database = await createTestDatabase();
    one = await TestProcess.start(database);
    holder = new Client({ connectionString: database.appUrl, application_name: 'forgotten' });
    await holder.connect();
  });
  afterAll(async () => {
    await one.close();
    await holder.end();
    await database.drop();
  });

  const watching = (afterMs: number): SnapshotWatch =>
    new SnapshotWatch(
      one.dispatch,
      new SnapshotAlarm(afterMs),
      one.part(LedgerTime),
      new SnapshotReports(metrics),
      one.part(LedgerLog),
    );
  const measured = async (): Promise<number> =>
    Number(/^puente_database_oldest_snapshot_seconds (\S+)$/m.exec(await metrics.registry.metrics())?.[1]);

  it('finds a transaction that stays open, also another role’s, tells its name and age, and that it is over', async () => {
    const watch = watching(300);
    await holder.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await holder.query(`SELECT 'a secret'`);
    expect(await watch.look()).toEqual([]);
    watch.start();
    await eventually(() => watch.oldestSeconds >= 0.3, 5_000);
    const [old] = await watch.look();
    expect(old).toMatchObject({
      ...{ kind: 'transaction', name: 'forgotten', role: 'puente_app', state: 'idle in transaction' },
    });
    expect(JSON.stringify(old)).not.toContain('secret');
    expect(await measured()).toBeGreaterThanOrEqual(0.3);
    await holder.query('COMMIT');
    await eventually(() => watch.oldestSeconds < 0.3, 5_000);
    expect(await measured()).toBeLessThan(0.3);
    await watch.stop();
  });

  it('does not let the dispatchers read what others ask', async () => {
    await holder.query(`SELECT 'a secret'`);
    const rows = await one.dispatch.query<{ query: string }>(
      `SELECT query FROM pg_stat_activity WHERE application_name = 'forgotten'`,
    );
    expect(rows).toEqual([{ query: '<insufficient privilege>' }]);
  });
});
