import { DispatchDatabase } from '@puente/database';
import { SystemClock } from '@puente/kernel';
import { Metrics } from '@puente/observability';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { OperationEventRegistry } from '../events/operation-event-registry';
import { LedgerTime } from '../ledger-time';
import type { NewOperation } from '../operation';
import { LedgerWitness, TestProcess, newOperation } from '../testing/ledger.fixture';
import { type Behaviour, actsAndIsLost, failsWith } from '../testing/scripted-provider';
import { AttemptPartitions } from './attempt-partitions';
import { Retention } from './retention';
import { RetentionReports } from './retention-reports';
import { RetentionSettings } from './retention-settings';

const DAY_MS = 86_400_000;
const refuses = failsWith({ kind: 'rejected', code: '400' });

describe('retention', () => {
  let database: TestDatabase;
  let witness: LedgerWitness;
  let one: TestProcess;
  let retention: Retention;
  let partitions: AttemptPartitions;
  let tenant: string;
  const metrics = new Metrics();
  const settings = new RetentionSettings({ pauseFactor: 0, batch: 3 });

  beforeAll(async () => {
    database = await createTestDatabase();
    witness = new LedgerWitness(database);
    one = await TestProcess.start(database, { dispatch: true });
    const reports = new RetentionReports(metrics);
    retention = new Retention(one.dispatch, settings, one.part(LedgerTime), reports);
    partitions = new AttemptPartitions(one.dispatch, settings, reports);
  });
  beforeEach(async () => {
    await witness.sql(`UPDATE clock_skew SET skew = interval '0'`);
    await witness.sql(`DELETE FROM retention_marks`);
    await witness.sql(`TRUNCATE operations CASCADE`);
    tenant = await witness.tenant();
  });
  afterAll(async () => {
    await one.close();
    await witness.close();
    await database.drop();
  });

  const ended = async (given: Partial<NewOperation> = {}, script: Behaviour[] = []): Promise<string> => {
    const operation = newOperation(tenant, { policy: 'messaging', ...given });
    one.provider.script(operation.id, ...script);
    await one.ledger.acceptGrouped(operation);
    await witness.settled(operation.id);
    return operation.id;
  };
  const afterDays = async (days: number): Promise<void> => {
    await witness.advance(days * DAY_MS);
    expect(await retention.run(new AbortController().signal)).toBe(true);
  };
  const payload = async (id: string): Promise<unknown> =>
    (
      await witness.sql(
        `SELECT input, output, payload_expired_at IS NOT NULL AS expired FROM operations WHERE id = $1`,
        [id],
      )
    )[0];
  const gone = { input: null, output: null, expired: true };
  const kept = { expired: false, input: expect.any(Object) as object };
  const left = async (table: string): Promise<number> =>
    (await witness.sql(`SELECT FROM ${table} WHERE tenant_id = $1`, [tenant])).length;

  it('takes inputs and outputs after 90 days, shows that, and keeps the row', async () => {
    const ids = await Promise.all(Array.from({ length: 8 }, () => ended()));
    await afterDays(89);
    expect(await payload(ids[0]!)).toMatchObject(kept);
    await afterDays(2);
    for (const id of ids) expect(await payload(id)).toEqual(gone);
    const view = await one.ledger.get(tenant, ids[0]!);
    expect(view).toMatchObject({ state: 'succeeded', output: null });
    expect(view.payloadExpiredAt).toBeInstanceOf(Date);
    expect(await left('attempts')).toBe(8);
  });

  it('leaves alone what lives or waits for a person, and comes back for what ended late', async () => {
    const scheduled = newOperation(tenant, { notBefore: new Date(Date.now() + 3_600 * DAY_MS), policy: 'messaging' });
    await one.ledger.acceptGrouped(scheduled);
    const reviewed = await ended({ effect: 'once' }, [actsAndIsLost]);
    await ended({ subscriber: 'nobody here' });
    await afterDays(500);
    expect(await payload(scheduled.id)).toMatchObject(kept);
    expect(await payload(reviewed)).toMatchObject(kept);
    expect(await left('operations')).toBe(3);
    await one.run(tenant, (tx) => one.ledger.resolve(tx, reviewed, { outcome: 'absent', then: 'close' }));
    await witness.sql(`UPDATE operations SET delivered_at = now() WHERE subscriber IS NOT NULL AND tenant_id = $1`, [
      tenant,
    ]);
    await afterDays(91);
    expect(await payload(reviewed)).toEqual(gone);
    expect(await left('operations')).toBe(2);
  });

  it('removes operations with their tries and keys after 400 days, and marks against doubles', async () => {
    const claim = { route: 'r', key: 'k', request: {} };
    const id = await ended({ idempotency: claim });
    await witness.sql(`INSERT INTO inbox VALUES ($1, 's', 'm', puente_now())`, [tenant]);
    const replayed = await ended({}, [refuses]);
    const { operationId } = await one.run(tenant, (tx) => one.ledger.retry(tx, replayed));
    await witness.settled(operationId);
    await afterDays(399);
    expect(await left('operations')).toBe(3);
    await afterDays(2);
    // What a newer one names goes after it: at the next run.
    expect((await witness.sql(`SELECT id FROM operations WHERE tenant_id = $1`, [tenant])) as object[]).toEqual([
      { id: replayed },
    ]);
    await afterDays(1);
    for (const table of ['operations', 'attempts', 'idempotency_keys', 'inbox']) expect(await left(table)).toBe(0);
    expect(await witness.row(id)).toBeUndefined();
  });

  it('keeps payments for five years, and what a notification or an undelivered event names', async () => {
    one
      .part(OperationEventRegistry)
      .subscribe({ name: 'broken', types: ['operation.succeeded'], operations: ['test.told'] }, () =>
        Promise.reject(new Error('never')),
      );
    const paid = await ended({ policy: 'payment' });
    const told = await ended({ operation: 'told' });
    const sent = await ended();
    await witness.sql(
      `INSERT INTO notifications (id, tenant_id, origin, topic, group_id, content, body_md5, queue_url, send_operation_id, created_at)
       VALUES (gen_random_uuid(), $1, 'api', 't', 'g', '{}', 'm', 'q', $2, now())`,
      [tenant, sent],
    );
    await afterDays(500);
    expect(await payload(paid)).toMatchObject(kept);
    expect(await payload(told)).toMatchObject(kept);
    expect(await payload(sent)).toEqual(gone);
    expect(await left('operations')).toBe(3);
    await afterDays(1_400);
    expect(await witness.row(paid)).toBeUndefined();
    expect(await left('operations')).toBe(2);
  });

  it('stops between two batches, goes on where it was, and lets one process at a time do it', async () => {
    const ids = await Promise.all(Array.from({ length: 10 }, () => ended()));
    await witness.advance(91 * DAY_MS);
    const stopping = new AbortController();
    const other = new DispatchDatabase({ url: database.dispatchUrl, max: 3, applicationName: 'other' });
    let meanwhile: boolean | undefined;
    const time = one.part(LedgerTime);
    const clock = new (class extends SystemClock {
      override async sleep(): Promise<void> {
        const second = new Retention(other, settings, time, new RetentionReports(new Metrics()));
        meanwhile ??= await second.run(new AbortController().signal);
        stopping.abort();
      }
    })();
    const halting = new LedgerTime(clock, time.random);
    const first = new Retention(one.dispatch, settings, halting, new RetentionReports(new Metrics()));
    expect(await first.run(stopping.signal)).toBe(false);
    expect(meanwhile).toBe(false);
    expect(await witness.count(`tenant_id = '${tenant}' AND payload_expired_at IS NOT NULL`)).toBe(3);
    expect(await retention.lastRunAgeMs()).toBe(Infinity);
    await afterDays(0);
    for (const id of ids) expect(await payload(id)).toEqual(gone);
    expect(await retention.lastRunAgeMs()).toBeLessThan(60_000);
    await other.close();
  });

  it('is bounded by the database: nothing younger than 30 days goes, whoever asks', async () => {
    await expect(
      one.dispatch.query(`SELECT remove_old_operations($1, now(), now(), '-infinity', $1, 10)`, [tenant]),
    ).rejects.toThrow('30 days');
    await expect(one.dispatch.query(`SELECT remove_old_marks(now(), 10)`)).rejects.toThrow('30 days');
    await expect(one.dispatch.query(`SELECT drop_attempt_partitions(now())`)).rejects.toThrow('30 days');
    await expect(one.dispatch.query(`DELETE FROM operations`)).rejects.toThrow('permission denied');
  });

  it('makes months of tries ahead, takes in what came before its month, and says when few are left', async () => {
    expect(await partitions.daysAhead()).toBeGreaterThan(365);
    await witness.advance(420 * DAY_MS);
    expect(await partitions.daysAhead()).toBeLessThan(31);
    const id = await ended();
    const where = async (): Promise<string> =>
      (
        (
          await witness.sql(`SELECT tableoid::regclass::text AS part FROM attempts WHERE operation_id = $1`, [id])
        )[0] as { part: string }
      ).part;
    expect(await where()).toBe('attempts_default');
    await partitions.keep();
    expect(await where()).toMatch(/^attempts_\d{6}$/);
    expect(await partitions.daysAhead()).toBeGreaterThan(150);
    expect(await metrics.registry.metrics()).toMatch(/puente_attempt_partitions_ahead_days (1[5-9]\d|2\d\d)/);
    await partitions.keep();
    expect(await one.ledger.attempts(tenant, id)).toHaveLength(1);
  });

  it('drops the months of which nothing is kept, and no others', async () => {
    await partitions.keep();
    const id = await ended();
    const [{ part }] = (await witness.sql(
      `SELECT tableoid::regclass::text AS part FROM attempts WHERE operation_id = $1`,
      [id],
    )) as [{ part: string }];
    const exists = async (): Promise<boolean> =>
      ((await witness.sql(`SELECT to_regclass($1) IS NOT NULL AS there`, [part])) as [{ there: boolean }])[0].there;
    await witness.advance(450 * DAY_MS);
    await partitions.keep();
    expect([part === 'attempts_default', await exists()]).toEqual([false, true]);
    await afterDays(0);
    await partitions.keep();
    expect([await exists(), await witness.row(id)]).toEqual([false, undefined]);
    expect(await partitions.daysAhead()).toBeGreaterThan(150);
  });
});
