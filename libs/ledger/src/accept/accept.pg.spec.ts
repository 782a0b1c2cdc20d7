import { createTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { LedgerWitness, TestProcess, newOperation } from '../testing/ledger.fixture';

describe('smoke', () => {
  let database: TestDatabase;
  let witness: LedgerWitness;
  let worker: TestProcess;
  beforeAll(async () => {
    database = await createTestDatabase();
    witness = new LedgerWitness(database);
    worker = await TestProcess.start(database, { dispatch: true });
  });
  afterAll(async () => {
    await worker.close();
    await witness.close();
    await database.drop();
  });
  it('does', async () => {
    const tenant = await witness.tenant();
    const op = newOperation(tenant);
    console.log(await worker.ledger.acceptGrouped(op));
    console.log(await witness.settled(op.id), await witness.attempts(op.id));
    const b = newOperation(tenant);
    await worker.run(tenant, tx => worker.ledger.accept(tx, b));
    console.log(await witness.settled(b.id));
    console.log(await worker.ledger.list(tenant, {}));
  });
});
