import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import type { DatabasePasswords, RunningPostgres } from './index';
import { databasePasswords, freePort, prepareDatabases, startEmbeddedPostgres } from './index';

describe('prepareDatabases', () => {
  let home: string;
  let server: RunningPostgres;
  let passwords: DatabasePasswords;
  const logged: string[] = [];

  beforeAll(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'puente-prepare-'));
    passwords = await databasePasswords(path.join(home, 'database.secrets.json'));
    server = await startEmbeddedPostgres({
      dataDir: path.join(home, 'postgres'),
      port: await freePort(),
      superuserPassword: passwords.superuser,
      log: (line) => void logged.push(line),
      settings: { fsync: false },
    });
  });

  afterAll(async () => {
    await server.stop('immediate');
    await rm(home, { recursive: true, force: true, maxRetries: 10 });
  });

  it('gives each role its login, on every start the same', async () => {
    const first = await prepareDatabases(server, passwords);
    const again = await prepareDatabases(server, passwords);

    expect(again).toEqual(first);
    const whoAndWhere = await Promise.all(
      Object.values(again).map((url) => ask(url, 'SELECT current_user, current_database()')),
    );
    expect(whoAndWhere).toEqual([
      { current_user: 'puente_owner', current_database: 'puente' },
      { current_user: 'puente_app', current_database: 'puente' },
      { current_user: 'puente_dispatch', current_database: 'puente' },
      { current_user: 'puente_auth', current_database: 'puente' },
      { current_user: 'puente_sandbox', current_database: 'puente_sandbox' },
    ]);
  });

  it('keeps the stand-ins out of the data and Puente out of theirs', async () => {
    const urls = await prepareDatabases(server, passwords);

    const trespass = urls.sandbox.replace(/puente_sandbox$/, 'puente');
    await expect(ask(trespass, 'SELECT 1')).rejects.toThrow('permission denied for database');
    await expect(ask(urls.app.replace(/puente$/, 'puente_sandbox'), 'SELECT 1')).rejects.toThrow('permission denied');
    await expect(ask(urls.sandbox, 'CREATE TABLE t ()')).resolves.toBeUndefined();
  });

  it('puts no password into the log, not even when a statement fails', async () => {
    await prepareDatabases(server, passwords);
    await ask(server.superuserUrl(), 'ALTER ROLE postgres SET default_transaction_read_only = on');

    const failed = prepareDatabases(server, passwords);

    await expect(failed).rejects.toThrow('cannot execute ALTER ROLE in a read-only transaction');
    const writable = `${server.superuserUrl()}?options=${encodeURIComponent('-c default_transaction_read_only=off')}`;
    await ask(writable, 'ALTER ROLE postgres RESET ALL');
    expect(logged.join('\n')).toContain('ERROR:  cannot execute ALTER ROLE');
    for (const password of Object.values(passwords)) expect(logged.join('\n')).not.toContain(password);
  });

  it('says that secrets and data do not belong together', async () => {
    const foreign = { superuserUrl: () => server.superuserUrl().replace(passwords.superuser, 'other') };

    await expect(prepareDatabases(foreign, passwords)).rejects.toMatchObject({
      code: 'EMBEDDED_POSTGRES_PASSWORDS_LOST',
    });
  });

  it('keeps the passwords in a file for its owner alone, the first writer winning', async () => {
    const folder = path.join(home, 'state');
    const file = path.join(folder, 'secrets.json');

    const [one, other] = await Promise.all([databasePasswords(file), databasePasswords(file)]);

    expect(other).toEqual(one);
    expect(new Set(Object.values(one)).size).toBe(6);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['secrets.json']);
  });

  it('reports a damaged file without showing it', async () => {
    const file = path.join(home, 'damaged.json');
    await writeFile(file, '{"superuser": "hush-hush"');

    const failed = databasePasswords(file);

    await expect(failed).rejects.toMatchObject({ code: 'EMBEDDED_POSTGRES_PASSWORDS_LOST' });
    await expect(failed).rejects.not.toThrow('hush-hush');
    expect(await readFile(file, 'utf8')).toContain('hush-hush');
  });
});

async function ask(url: string, sql: string): Promise<unknown> {
  const client = new Client(url);
  await client.connect();
  try {
    return (await client.query<Record<string, string>>(sql)).rows[0];
  } finally {
    await client.end();
  }
}
