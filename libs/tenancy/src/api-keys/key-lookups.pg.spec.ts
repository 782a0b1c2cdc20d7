import { AuthDatabase, type PreparedStatement } from '@puente/database';
import { startTenancy, type Tenancy } from '../../../../test/support/tenancy.fixture';
import { ApiKeys } from './api-keys';
import { KeyLookups } from './key-lookups';

/** The real database; its first answers are kept back until the test lets them go. */
class HeldBack extends AuthDatabase {
  queries = 0;
  hold: Promise<void> = Promise.resolve();

  override async query<Row>(sql: string | PreparedStatement, params: readonly unknown[] = []): Promise<Row[]> {
    this.queries += 1;
    const { hold } = this;
    const rows = await super.query<Row>(sql, params);
    await hold;
    return rows;
  }
}

describe('KeyLookups', () => {
  const origin = { actor: 'test' };
  let tenancy: Tenancy;
  let auth: HeldBack;
  let lookups: KeyLookups;
  let tenantId: string;

  beforeAll(async () => {
    tenancy = await startTenancy();
    tenantId = (await tenancy.tenant()).id;
  });
  afterAll(() => tenancy.close());
  beforeEach(() => {
    auth = new HeldBack({ url: tenancy.database.authUrl, max: 5, applicationName: 'test' });
    lookups = new KeyLookups(auth);
  });
  afterEach(() => auth.close());

  const create = async () =>
    (await tenancy.get(ApiKeys).create(origin, tenantId, { name: 'k', scopes: ['client'] })).view;

  it('asks once for the requests of one moment, whatever their keys', async () => {
    const [a, b] = [await create(), await create()];

    const found = await Promise.all([a, b, a, b, a].map(({ prefix }) => lookups.find(prefix)));

    expect(found.map((key) => key?.id)).toEqual([a.id, b.id, a.id, b.id, a.id]);
    expect(auth.queries).toBe(1);
  });

  it('never answers a request with what was read before it came', async () => {
    const { id, prefix } = await create();
    let letGo = (): void => undefined;
    auth.hold = new Promise((resolve) => (letGo = resolve));
    const before = lookups.find(prefix);
    while (auth.queries === 0) await new Promise((resolve) => setImmediate(resolve));
    await tenancy.get(ApiKeys).revoke(origin, tenantId, id);
    auth.hold = Promise.resolve();

    expect(await lookups.find(prefix)).toMatchObject({ id, live: false });
    letGo();
    expect(await before).toMatchObject({ id });
  });

  it('goes on after a query that failed', async () => {
    const { id, prefix } = await create();
    auth.hold = Promise.reject(new Error('the connection broke'));
    await expect(lookups.find(prefix)).rejects.toThrow('the connection broke');

    auth.hold = Promise.resolve();
    expect(await lookups.find(prefix)).toMatchObject({ id, live: true });
  });
});
