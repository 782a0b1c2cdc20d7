import { RotationBench, origin, silent } from '../../../../test/support/key-rotation.fixture';

/** Each row, and each entry about keys, is a transaction of its own: these are the steps that a run can be killed after. */
describe('a key rotation that is killed (T09)', () => {
  const STEPS = RotationBench.rows + 4; // the start, each row, and the end: a retirement with its entry, then its own
  let bench: RotationBench;

  beforeAll(async () => {
    bench = await RotationBench.start(STEPS + 2);
    await bench.tenancy.asSuperuser(`
      CREATE SEQUENCE step;
      CREATE TABLE fate (killed_at int NOT NULL);
      INSERT INTO fate VALUES (1000);
      CREATE FUNCTION kill_at_step() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
      BEGIN
        IF session_user = 'puente_owner' AND nextval('step') > (SELECT killed_at FROM fate) THEN
          PERFORM pg_terminate_backend(pg_backend_pid());
        END IF;
        RETURN NULL;
      END $$;
      CREATE TRIGGER fate AFTER UPDATE ON tenants FOR EACH ROW EXECUTE FUNCTION kill_at_step();
      CREATE TRIGGER fate AFTER UPDATE ON integration_versions FOR EACH ROW EXECUTE FUNCTION kill_at_step();
      CREATE TRIGGER fate AFTER UPDATE ON tenant_integrations FOR EACH ROW EXECUTE FUNCTION kill_at_step();
      CREATE TRIGGER fate AFTER UPDATE ON encryption_keys FOR EACH ROW EXECUTE FUNCTION kill_at_step();
      CREATE TRIGGER fate AFTER INSERT ON audit_entries FOR EACH ROW EXECUTE FUNCTION kill_at_step()`);
  });
  afterAll(() => bench.close());

  const killAfter = async (steps: number): Promise<void> => {
    await bench.tenancy.asSuperuser(`UPDATE fate SET killed_at = ${String(steps)}`);
    await bench.tenancy.asSuperuser(`ALTER SEQUENCE step RESTART`);
  };

  it(`leaves every row readable and is finished by the next run, after each of its ${String(STEPS)} steps`, async () => {
    for (let steps = 0; steps < STEPS; steps += 1) {
      const [old, next] = [`key-${String(steps)}`, `key-${String(steps + 1)}`];
      const rotation = bench.rotation(bench.ring(steps + 1));
      await bench.boot(bench.ring(steps + 1));
      await killAfter(steps);
      const killed = await rotation.run(origin, silent).then(
        () => 'it finished',
        (error: unknown) => (error as { code?: string }).code,
      );
      const done = Math.min(Math.max(steps - 1, 0), RotationBench.rows);
      const after = { steps, killed, done: await bench.rowsUnder(next), left: await bench.rowsUnder(old) };

      expect(after).toEqual({ steps, killed: '57P01', done, left: RotationBench.rows - done });
      expect(await bench.readsEverything()).toEqual(bench.everything());
      // The old key is still needed, and whoever takes it away too early is told which one at the next boot.
      await expect(bench.boot(bench.ring(steps + 1, []))).rejects.toMatchObject({ missing: [old] });

      await killAfter(1_000);
      const report = await rotation.run(origin, silent);
      expect(report).toMatchObject({ rewrapped: RotationBench.rows - done, unreadable: [], stillWritten: [] });
      expect(report.retired).toEqual([old]);
      expect([await bench.rowsUnder(next), await bench.rowsInAll()]).toEqual([RotationBench.rows, RotationBench.rows]);
      expect(await bench.readsEverything()).toEqual(bench.everything());
      await expect(bench.boot(bench.ring(steps + 1, []))).resolves.toBeUndefined();
    }
  });

  it('has no further step', async () => {
    await bench.boot(bench.ring(STEPS + 1));
    await killAfter(STEPS);
    const report = await bench.rotation(bench.ring(STEPS + 1)).run(origin, silent);

    expect(report).toMatchObject({ rewrapped: RotationBench.rows, retired: [`key-${String(STEPS)}`] });
  });
});
