import { Claimer } from '../../../libs/ledger/src/dispatch/claimer';
import { LedgerWitness, newOperation, TestProcess } from '../../../libs/ledger/src/testing/ledger.fixture';
import { createTestDatabase, type TestDatabase } from '../../support/test-database';

const MANY = 10_000;

interface Plan {
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
}

/** Pages and turns, not milliseconds: the same on a busy machine. `npm run bench` measures the time. */
describe('a claim among many rows', () => {
  let database: TestDatabase;
  let witness: LedgerWitness;
  let worker: TestProcess;

  beforeAll(async () => {
    database = await createTestDatabase();
    witness = new LedgerWitness(database);
    worker = await TestProcess.start(database);
  });
  beforeEach(() => witness.sql('TRUNCATE operations, idempotency_keys, attempts, lanes CASCADE'));
  afterAll(async () => {
    await worker.close();
    await witness.close();
    await database.drop();
  });

  const accepted = async (tenant: string, count: number): Promise<string[]> => {
    const operations = Array.from({ length: count }, () => newOperation(tenant));
    await Promise.all(operations.map((each) => worker.ledger.acceptGrouped(each)));
    return operations.map(({ id }) => id);
  };
  const copied = (id: string, changes: string): Promise<unknown> =>
    witness.sql(
      `INSERT INTO operations (id, tenant_id, provider, operation, effect, on_unknown, policy, request_hash, input, state,
         next_attempt_at, created_at, updated_at, settled_at)
       SELECT gen_random_uuid(), o.tenant_id, o.provider, o.operation, o.effect, o.on_unknown, o.policy, o.request_hash,
         o.input, ${changes} FROM operations o, generate_series(1, ${String(MANY)}) WHERE o.id = $1`,
      [id],
    );
  const claimed = (): ReturnType<Claimer['claim']> => worker.part(Claimer).claim({ free: 20, capacity: 30 }, [], true);

  /** What the claim's own statement reads, run again and rolled back. */
  async function pagesOfClaim(): Promise<number> {
    const { dispatch } = worker;
    const asked: { sql: string; params: readonly unknown[] }[] = [];
    const spied = jest.spyOn(dispatch, 'query').mockImplementation(async (sql, params = []) => {
      asked.push({ sql: typeof sql === 'string' ? sql : sql.sql, params });
      return [];
    });
    await claimed();
    spied.mockRestore();
    let pages = 0;
    for (const { sql, params } of asked) {
      await dispatch
        .transaction(async (tx) => {
          const [row] = await tx.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
            `EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) ${sql}`,
            params,
          );
          const plan = row?.['QUERY PLAN'][0].Plan;
          pages += (plan?.['Shared Hit Blocks'] ?? 0) + (plan?.['Shared Read Blocks'] ?? 0);
          throw new Error('rolled back');
        })
        .catch(() => undefined);
    }
    return pages;
  }

  it('reads no more pages beside ten thousand finished and as many scheduled ones (F33)', async () => {
    const [first = ''] = await accepted(await witness.tenant(), 40);
    const alone = await pagesOfClaim();
    await copied(first, `'succeeded', puente_now(), puente_now(), puente_now(), puente_now()`);
    await copied(first, `'queued', puente_now() + interval '1 day', puente_now(), puente_now(), NULL`);

    expect(alone).toBeGreaterThan(20); // it claims
    expect(await pagesOfClaim()).toBeLessThan(alone * 1.5 + 100);
  });

  it('takes a quiet tenant’s only operation in its next turn, before a noisy one’s ten thousand (F34)', async () => {
    const [first = ''] = await accepted(await witness.tenant(), 1);
    await copied(first, `'queued', puente_now() - interval '1 hour', puente_now(), puente_now(), NULL`);
    const [quiet] = await accepted(await witness.tenant(), 1);

    const { claims } = await claimed();

    expect(claims.map(({ row }) => row.id)).toContain(quiet);
    expect(claims.length).toBeGreaterThan(1);
  });
});
