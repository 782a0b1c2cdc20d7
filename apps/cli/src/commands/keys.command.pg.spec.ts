import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { OwnerDatabase } from '@puente/database';
import {
  IntegrationsAdmin,
  isWhole,
  KeyCheck,
  type KeyProvider,
  KeyRing,
  TenantCredentialVault,
} from '@puente/tenancy';
import { sealManyVersions } from '../../../../test/support/many-versions';
import { until } from '../../../../test/support/sandbox-until';
import { startTenancy, type Tenancy } from '../../../../test/support/tenancy.fixture';
import { SeededRandom } from '../../../../test/faults/seeded-random';

/** As it was built: a fraction of a second sooner than from its sources, seven times. */
const MAIN = path.resolve(__dirname, '../../../../dist/apps/cli/src/main.js');
const VERSIONS = 40;
const SECRET = 'plain-secret-of-the-tenant';

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly said: string;
}

describe('puente keys', () => {
  let tenancy: Tenancy;
  let reader: Tenancy | undefined;
  let owner: OwnerDatabase;
  let tenantId: string;
  let folder: string;
  let [oldEntry, newEntry] = ['', ''];

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'puente-keys-'));
    oldEntry = KeyRing.newEntry('old-1');
    tenancy = await startTenancy({ KEY_RING: oldEntry });
    owner = new OwnerDatabase(tenancy.database.ownerUrl, 'test');
    tenantId = (await tenancy.tenant()).id;
    const ref = { tenantId, provider: 'acme', name: 'default' };
    await tenancy.get(IntegrationsAdmin).put({ actor: 'test' }, ref, { secrets: { apiKey: SECRET } });
    await sealManyVersions(tenancy, ref, VERSIONS, SECRET);
  });
  afterAll(async () => {
    await reader?.close();
    await owner.close();
    await tenancy.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const start = (
    args: readonly string[],
    more: Readonly<Record<string, string>> = {},
  ): [ChildProcess, Promise<Ended>] => {
    const { PATH, HOME } = process.env;
    const child = spawn(process.execPath, [MAIN, 'keys', ...args], {
      cwd: folder,
      env: { PATH, HOME, DATABASE_OWNER_URL: tenancy.database.ownerUrl, ...more },
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (said += text.toString()));
    const ended = once(child, 'close').then(() => ({ code: child.exitCode, signal: child.signalCode, said }));
    return [child, ended];
  };
  const run = (args: readonly string[], more?: Readonly<Record<string, string>>): Promise<Ended> =>
    start(args, more)[1];
  const ringFile = (name: string, ...entries: string[]): string => {
    const file = path.join(folder, name);
    writeFileSync(file, `${entries.join('\n')}\n`, { mode: 0o600 });
    return file;
  };
  const check = (ring: KeyProvider) => new KeyCheck(owner, ring).run();
  const both = (): KeyProvider => KeyRing.load({ inline: `${newEntry},${oldEntry}` });
  const under = async (kid: string): Promise<number> => {
    const [row] = await tenancy.asSuperuser(
      `SELECT count(*)::int AS rows FROM (SELECT data_key AS sealed FROM tenants UNION ALL
         SELECT envelope FROM integration_versions UNION ALL SELECT credentials FROM tenant_integrations) all_of_them
       WHERE sealed ->> 'kid' = $1`,
      [kid],
    );
    return row!.rows as number;
  };

  /** kill -9 while the run writes this very row: its statement waits for our lock, and what comes of it is open. */
  const killAt = async (table: string, id: string, env: Readonly<Record<string, string>>): Promise<Ended> => {
    await tenancy.asSuperuser('BEGIN');
    await tenancy.asSuperuser(`SELECT FROM ${table} WHERE id = $1 FOR UPDATE`, [id]);
    const [child, ended] = start(['rotate'], env);
    const here = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'puente_keys'`;
    const isHere = (more: string) => async () => (await owner.query(`${here} ${more}`)).length > 0;
    const patience = { withinMs: 60_000, everyMs: 20 };
    await until(isHere(`AND wait_event_type = 'Lock'`), { ...patience, what: `the run waits for a row of ${table}` });
    child.kill('SIGKILL');
    const killed = await ended;
    await tenancy.asSuperuser('COMMIT');
    await until(async () => !(await isHere('')()), { ...patience, what: 'the connections of the killed run are gone' });
    return killed;
  };
  const rowsOf = async (table: string): Promise<string[]> =>
    (await tenancy.asSuperuser(`SELECT id FROM ${table} ORDER BY id`)).map(({ id }) => id as string);

  it('rotates to a new key although it is killed again and again (T09), and a backup copy is put to the test', async () => {
    const generated = await run(['generate', 'new-1']);
    expect(generated).toMatchObject({ code: 0, said: expect.stringMatching(/^new-1:[A-Za-z0-9+/]{43}=\n$/) as string });
    newEntry = generated.said.trim();
    const env = { KEY_RING_FILE: ringFile('ring', newEntry, oldEntry) };
    const total = (await check(both())).proven;
    reader = await tenancy.another({ KEY_RING: `${newEntry},${oldEntry}` });

    const random = new SeededRandom(9);
    const versions = await rowsOf('integration_versions');
    const places: [table: string, id: string][] = [
      ['tenants', tenantId],
      ['integration_versions', versions[random.whole(1, VERSIONS / 2)]!],
      ['integration_versions', versions[random.whole(VERSIONS / 2 + 1, VERSIONS)]!],
      ['tenant_integrations', (await rowsOf('tenant_integrations'))[0]!],
    ];
    for (const [table, id] of places) {
      expect(await killAt(table, id, env)).toMatchObject({ signal: 'SIGKILL' });
      expect(await under('new-1')).toBeGreaterThan(0);
      expect((await under('new-1')) + (await under('old-1'))).toBe(total);
      expect(await check(both())).toMatchObject({ proven: total, unreadable: [] });
      const { secrets } = await reader.get(TenantCredentialVault).resolve(tenantId, 'acme', 'default');
      expect(secrets.reveal()).toEqual({ apiKey: SECRET });
      expect(isWhole(await check(KeyRing.load({ inline: newEntry })))).toBe(false);
    }

    const [finished, lacking] = [await run(['rotate'], env), ringFile('backup', oldEntry)];
    expect(finished).toMatchObject({ code: 0, said: expect.stringContaining('old-1 is retired') as string });
    expect([await under('new-1'), await under('old-1')]).toEqual([total, 0]);
    const [whole, backup] = await Promise.all([run(['check'], env), run(['check', '--ring-file', lacking], env)]);
    expect(whole).toMatchObject({ code: 0, said: expect.stringContaining(`it opens all ${String(total)} data keys`) as string }); // prettier-ignore
    expect(backup).toMatchObject({
      code: 1,
      said: expect.stringContaining(`new-1: missing from ${lacking}`) as string,
    });

    const everythingSaid = [finished.said, whole.said, backup.said].join();
    for (const secret of [SECRET, newEntry.split(':')[1]!, oldEntry.split(':')[1]!]) expect(everythingSaid).not.toContain(secret); // prettier-ignore
    expect(readdirSync(folder).sort()).toEqual(['backup', 'ring']); // it left nothing behind
  }, 120_000);
});
