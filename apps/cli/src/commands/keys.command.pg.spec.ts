import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { OwnerDatabase } from '@puente/database';
import { Secret, uuidv7 } from '@puente/kernel';
import { isWhole, KeyCheck, type KeyProvider, KeyRing, TenantCredentialVault } from '@puente/tenancy';
import { CredentialCipher } from '../../../../libs/tenancy/src/envelopes/credential-cipher';
import { IntegrationsAdmin } from '../../../../libs/tenancy/src/integrations/integrations-admin';
import { countUses, rowsUnder } from '../../../../libs/tenancy/src/key-rotation/wrapped-columns';
import { until } from '../../../../test/support/sandbox-until';
import { startTenancy, type Tenancy } from '../../../../test/support/tenancy.fixture';
import { SeededRandom } from '../../../../test/faults/seeded-random';

/** As it was built: a fraction of a second sooner than from its sources, seven times. */
const MAIN = path.resolve(__dirname, '../../../../dist/apps/cli/src/main.js');
/** Long enough for a run to be caught in the middle of it. */
const VERSIONS = 1_500;
const SECRET = 'plain-secret-of-the-tenant';

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly said: string;
}

describe('puente keys', () => {
  let tenancy: Tenancy;
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
    await addVersions();
  });
  afterAll(async () => {
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
  const under = async (kid: string): Promise<number> => rowsUnder(kid, await countUses(owner));

  /** Retired versions as they pile up, each sealed for its own row. */
  const addVersions = async (): Promise<void> => {
    const cipher = tenancy.get(CredentialCipher);
    const [{ id }] = (await tenancy.asSuperuser(`SELECT id FROM tenant_integrations`)) as [{ id: string }];
    const rows = await Promise.all(
      Array.from({ length: VERSIONS }, async (_, at) => {
        const [rowId, version] = [uuidv7(), at + 2];
        const place = { tenantId, provider: 'acme', column: 'integration_versions.envelope', rowId, version } as const;
        return { id: rowId, version, envelope: await cipher.seal(place, new Secret({ apiKey: SECRET })) };
      }),
    );
    await tenancy.asSuperuser(
      `INSERT INTO integration_versions (id, tenant_id, integration_id, version, state, envelope, config, fingerprints)
       SELECT r.id, $1, $2, r.version, 'retiring', r.envelope, '{}', '{}'
       FROM jsonb_to_recordset($3) AS r(id uuid, version int, envelope jsonb)`,
      [tenantId, id, JSON.stringify(rows)],
    );
  };
  /** kill -9 as soon as that many rows are re-wrapped. */
  const killAt = async (rows: number, env: Readonly<Record<string, string>>): Promise<Ended> => {
    const [child, ended] = start(['rotate'], env);
    const caught = async (): Promise<boolean> => child.exitCode !== null || (await under('new-1')) >= rows;
    await until(caught, { withinMs: 60_000, everyMs: 20, what: `${String(rows)} rows are re-wrapped` });
    child.kill('SIGKILL');
    return ended;
  };

  it('rotates to a new key although it is killed again and again (T09), and a backup copy is put to the test', async () => {
    const generated = await run(['generate', 'new-1']);
    expect(generated).toMatchObject({ code: 0, said: expect.stringMatching(/^new-1:[A-Za-z0-9+/]{43}=\n$/) as string });
    newEntry = generated.said.trim();
    const env = { KEY_RING_FILE: ringFile('ring', newEntry, oldEntry) };
    const total = (await check(both())).proven;
    const reader = await tenancy.another({ KEY_RING: `${newEntry},${oldEntry}` });

    const random = new SeededRandom(9);
    for (let done = 0, kills = 0; kills < 3; kills += 1) {
      const killed = await killAt(done + random.whole(1, 200), env);
      expect(killed).toMatchObject({ signal: 'SIGKILL' });
      done = await under('new-1');
      expect(done).toBeLessThan(total);
      expect(done + (await under('old-1'))).toBe(total);
      expect(await check(both())).toMatchObject({ proven: total, unreadable: [] });
      const { secrets } = await reader.get(TenantCredentialVault).resolve(tenantId, 'acme', 'default');
      expect(secrets.reveal()).toEqual({ apiKey: SECRET });
      expect(isWhole(await check(KeyRing.load({ inline: newEntry })))).toBe(false);
    }
    await reader.close();

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
