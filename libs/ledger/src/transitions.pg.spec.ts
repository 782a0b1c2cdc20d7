import { createTestDatabase, type TestDatabase } from '../../../test/support/test-database';
import { OPERATION_STATES } from './operation';
import { LedgerWitness } from './testing/ledger.fixture';
import { TRANSITIONS } from './transitions';

describe('transitions', () => {
  let database: TestDatabase;
  let witness: LedgerWitness;

  beforeAll(async () => {
    database = await createTestDatabase();
    witness = new LedgerWitness(database);
  });
  afterAll(async () => {
    await witness.close();
    await database.drop();
  });

  it('are the same in the database, pair by pair', async () => {
    const pairs = OPERATION_STATES.flatMap((from) => OPERATION_STATES.map((to) => [from, to] as const));
    const rows = (await witness.sql(
      `SELECT p.a, p.b, operation_transition_allowed(p.a, p.b) AS allowed FROM unnest($1::text[], $2::text[]) AS p(a, b)`,
      [pairs.map(([from]) => from), pairs.map(([, to]) => to)],
    )) as { a: string; b: string; allowed: boolean }[];
    const allowed = rows.filter((row) => row.allowed).map(({ a, b }) => `${a} → ${b}`);

    const table = OPERATION_STATES.flatMap((from) => TRANSITIONS[from].map((to) => `${from} → ${to}`));
    expect(rows).toHaveLength(81);
    expect(allowed.sort()).toEqual(table.sort());
  });
});
