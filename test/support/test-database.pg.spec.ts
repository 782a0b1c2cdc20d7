import { pendingMigrations } from '@puente/database';
import { Client } from 'pg';
import type { TestDatabase } from './test-database';
import { createTestDatabase } from './test-database';

describe('createTestDatabase', () => {
  const made: TestDatabase[] = [];
  const create = async (): Promise<TestDatabase> => {
    const database = await createTestDatabase();
    made.push(database);
    return database;
  };

  afterAll(() => Promise.all(made.map((database) => database.drop())));

  it('gives each role its own login to a database with all tables', async () => {
    const database = await create();

    const { ownerUrl, appUrl, dispatchUrl, authUrl } = database;
    const users = await Promise.all(
      [ownerUrl, appUrl, dispatchUrl, authUrl].map((url) =>
        query<{ name: string }>(url, 'SELECT current_user AS name'),
      ),
    );
    expect(users.flat().map(({ name }) => name)).toEqual([
      'puente_owner',
      'puente_app',
      'puente_dispatch',
      'puente_auth',
    ]);
    const db = { query: <T>(sql: string) => query<T>(appUrl, sql) };
    expect(await pendingMigrations(db)).toEqual([]);
  });

  it('gives databases that do not see one another, also when many ask at once', async () => {
    const [one, other] = await Promise.all([create(), create(), create(), create()]);

    await query(one.ownerUrl, 'CREATE TABLE only_here ()');

    const found = `SELECT to_regclass('only_here') IS NOT NULL AS here`;
    expect(await query(one.appUrl, found)).toEqual([{ here: true }]);
    expect(await query(other.appUrl, found)).toEqual([{ here: false }]);
  });

  it('drops a database to which somebody is still connected', async () => {
    const database = await createTestDatabase();
    const late = new Client(database.appUrl);
    // Two errors come: the server's farewell, then the closed connection.
    const cut = new Promise((resolve) => late.on('error', resolve));
    await late.connect();

    await database.drop();

    await expect(cut).resolves.toMatchObject({ code: '57P01' });
    await expect(query(database.appUrl, 'SELECT 1')).rejects.toMatchObject({ code: '3D000' });
  });
});

async function query<T>(url: string, sql: string): Promise<T[]> {
  const client = new Client(url);
  await client.connect();
  try {
    return (await client.query(sql)).rows as T[];
  } finally {
    await client.end();
  }
}
