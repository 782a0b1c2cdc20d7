import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { ApiKeys, Tenants } from '@puente/tenancy';
import { createEmptyDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { withPlatform } from '../platform';
import { apiKeysCommand } from './api-keys.command';
import { tenantsCommand } from './tenants.command';

/** As it was built: a fraction of a second sooner than from its sources. */
const MAIN = path.resolve(__dirname, '../../../../dist/apps/cli/src/main.js');

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Outside the sandbox: from an empty PostgreSQL to a tenant that comes and goes, by the command line alone. */
describe('puente, on a database of its own', () => {
  let database: TestDatabase;
  let folder: string;
  let environment: NodeJS.ProcessEnv;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'puente-cli-'));
    database = await createEmptyDatabase();
    environment = {
      ENV: 'prod',
      DATABASE_OWNER_URL: database.ownerUrl,
      DATABASE_APP_URL: database.appUrl,
      DATABASE_DISPATCH_URL: database.dispatchUrl,
      DATABASE_AUTH_URL: database.authUrl,
      KEY_RING: `k1:${randomBytes(32).toString('base64')}`,
    };
  });
  afterAll(async () => {
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  const puente = async (...args: readonly string[]): Promise<Ended> => {
    const { PATH, HOME } = process.env;
    const child = spawn(process.execPath, [MAIN, ...args], { env: { PATH, HOME, ...environment } });
    let [out, err] = ['', ''];
    child.stdout.on('data', (text: Buffer) => (out += text.toString()));
    child.stderr.on('data', (text: Buffer) => (err += text.toString()));
    const [code] = (await once(child, 'close')) as [number];
    return { code, out, err };
  };
  /** The same command in this process. @returns what it wrote to standard output */
  const said = async (command: (env: NodeJS.ProcessEnv) => Command, ...args: readonly string[]): Promise<string> => {
    let out = '';
    const spies = [
      jest.spyOn(process.stdout, 'write').mockImplementation(written((text) => (out += text))),
      jest.spyOn(process.stderr, 'write').mockImplementation(written(() => undefined)),
    ];
    try {
      await command(environment).parseAsync(args, { from: 'user' });
      return out;
    } finally {
      for (const spy of spies) spy.mockRestore();
    }
  };
  const newTenant = async (): Promise<string> => {
    let id = '';
    await withPlatform(environment, async (app) => {
      ({ id } = await app.get(Tenants).create({ actor: 'test' }, { name: 'Comercial Andes' }));
    });
    return id;
  };
  const caller = async (key: string) => {
    let found: unknown;
    await withPlatform(environment, async (app) => {
      found = await app.get(ApiKeys).authenticate(key);
    });
    return found;
  };

  it('makes the platform’s first key, which then works', async () => {
    const makeKey = () => puente('api-keys', 'create', '--platform', '--name', 'operations');
    expect(await makeKey()).toMatchObject({ code: 1, out: '', err: expect.stringContaining('puente migrate') });
    expect(await puente('migrate')).toMatchObject({ code: 0, out: expect.stringContaining('ran Foundation') });
    const { code, out, err } = await makeKey();

    expect(code).toBe(0);
    expect(out).toMatch(/^pnt_prod_[0-9A-Za-z_]+\n$/);
    expect(err).toMatch(/shown only now[^]*create, suspend, export and delete tenants/);
    expect(await caller(out.trim())).toMatchObject({ scopes: ['platform'] });
  }, 60_000);

  it('lists and revokes keys, and gives a tenant one of its own', async () => {
    const tenant = await newTenant();
    const made = await said(
      apiKeysCommand,
      'create',
      '--tenant',
      tenant,
      '--name',
      'k',
      '--scopes',
      'client,audit',
      '--json',
    );
    const { key, id } = JSON.parse(made) as { key: string; id: string };
    expect(await caller(key)).toMatchObject({ keyId: id, tenantId: tenant, scopes: ['client', 'audit'] });
    const listed = await said(apiKeysCommand, 'list', '--tenant', tenant);

    expect(JSON.parse(listed)).toMatchObject({ id, name: 'k', revokedAt: null });
    expect(listed).not.toContain(key.split('_').at(-1));
    await said(apiKeysCommand, 'revoke', id, '--tenant', tenant);
    await expect(caller(key)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('exports a tenant into a file of one’s own, and deletes it', async () => {
    const tenant = await newTenant();
    const file = path.join(folder, 'tenant.ndjson');
    expect(JSON.parse(await said(tenantsCommand, 'suspend', tenant))).toMatchObject({ status: 'suspended' });
    expect(await said(tenantsCommand, 'export', tenant, '--out', file)).toBe('');
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ type: 'end', counts: { tenant: 1, audit_entry: 2 } });
    expect(await said(tenantsCommand, 'export', tenant, '--no-payloads')).toContain('"payloads":false');

    const slip = said(tenantsCommand, 'delete', tenant, '--confirm', 'Comercial Ande');
    await expect(slip).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    const deleted = await said(tenantsCommand, 'delete', tenant, '--confirm', 'Comercial Andes');
    expect(JSON.parse(deleted)).toMatchObject({ id: tenant, status: 'deleted', erasedAt: expect.any(String) });
  });
});

/** As a stream's `write`, which says when it is done. */
function written(take: (text: string) => void) {
  return ((chunk: string | Uint8Array, ...rest: readonly unknown[]) => {
    take(typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString());
    const done = rest.find((each) => typeof each === 'function') as (() => void) | undefined;
    done?.();
    return true;
  }) as typeof process.stdout.write;
}
