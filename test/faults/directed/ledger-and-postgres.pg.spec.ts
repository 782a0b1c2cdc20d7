import { execFile as execFileCallback } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { bootstrapSql, databaseSql, runMigrations } from '@puente/database';
import { Client } from 'pg';
import { type RunningPostgres, freePort, startEmbeddedPostgres } from '../../../apps/sandbox/src/embedded-postgres';
import { LedgerWitness, TestProcess, eventually, newOperation } from '../../../libs/ledger/src/testing/ledger.fixture';
import { ScriptedProvider, acts, held } from '../../../libs/ledger/src/testing/scripted-provider';
import { until } from '../../support/sandbox-until';

const execFile = promisify(execFileCallback);

/** A server of its own: the one the other specs share must not be killed. */
describe('the ledger, when PostgreSQL crashes', () => {
  const password = randomBytes(8).toString('hex');
  const passwords = { owner: password, app: password, dispatch: password, auth: password };
  let home: string;
  let port: number;
  let server: RunningPostgres;

  const start = (): Promise<RunningPostgres> =>
    startEmbeddedPostgres({
      dataDir: path.join(home, 'data'),
      port,
      superuserPassword: password,
      log: () => undefined,
    });
  const urlOf = (role: string): string => `postgresql://puente_${role}:${password}@127.0.0.1:${String(port)}/puente`;

  beforeAll(async () => {
    home = await mkdtemp(path.join(tmpdir(), 'puente-crash-'));
    port = await freePort();
    server = await start();
    const client = new Client(server.superuserUrl());
    await client.connect();
    for (const statement of [...bootstrapSql(passwords), ...databaseSql('puente')]) await client.query(statement);
    await client.end();
    await runMigrations(urlOf('owner'));
  }, 60_000);
  afterAll(async () => {
    await server.stop('immediate');
    await rm(home, { recursive: true, force: true, maxRetries: 10 });
  });

  it('loses nothing accepted, does nothing twice, and goes on by itself (F26)', async () => {
    const urls = { appUrl: urlOf('app'), dispatchUrl: urlOf('dispatch'), superuserUrl: server.superuserUrl('puente') };
    const witness = new LedgerWitness(urls);
    const provider = new ScriptedProvider(async (operation, self, signal) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      return acts(operation, self, signal);
    });
    const worker = await TestProcess.start(urls, { dispatch: true, provider });
    const tenant = await witness.tenant();
    const gate = held();
    const inFlight = newOperation(tenant, { effect: 'once' });
    provider.script(inFlight.id, gate.behaviour);
    await worker.ledger.acceptGrouped(inFlight);
    await gate.begun;
    const operations = Array.from({ length: 400 }, (_, at) =>
      newOperation(tenant, {
        effect: (['idempotent', 'reconcilable', 'once'] as const)[at % 3]!,
        settleMs: 50,
        onUnknown: 'review',
      }),
    );
    const accepted = await Promise.all(operations.map((each) => worker.ledger.acceptGrouped(each)));
    await eventually(() => provider.calls.length > 40);

    await server.stop('immediate');
    gate.release(); // its outcome is known while nobody can be told
    await expect(worker.ledger.acceptGrouped(newOperation(tenant))).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
    });
    server = await start();

    await Promise.all(accepted.map(({ operationId }) => witness.settled(operationId, 30_000)));
    expect(await witness.settled(inFlight.id)).toMatchObject({ state: 'succeeded', crashes: 0 });
    const twice = [inFlight, ...operations].filter(({ id }) => provider.effectsOf(id) !== 1);
    expect(twice).toEqual([]);
    expect(await witness.count(`state <> 'succeeded'`)).toBe(0);
    await worker.close();
    await witness.close();
  }, 90_000);

  it('accepts nothing while it may only read, says so at once, and settles afterwards what was out (F29)', async () => {
    const urls = { appUrl: urlOf('app'), dispatchUrl: urlOf('dispatch'), superuserUrl: server.superuserUrl('puente') };
    const witness = new LedgerWitness(urls);
    const provider = new ScriptedProvider();
    const worker = await TestProcess.start(urls, { dispatch: true, provider });
    const tenant = await witness.tenant();
    const gate = held();
    const out = newOperation(tenant, { effect: 'once' });
    provider.script(out.id, gate.behaviour);
    await worker.ledger.acceptGrouped(out);
    await gate.begun;
    const readOnly = async (on: boolean): Promise<void> => {
      await witness.sql(`ALTER SYSTEM SET default_transaction_read_only = ${on ? 'on' : 'off'}`);
      await witness.sql('SELECT pg_reload_conf()');
      const setting = (): Promise<unknown[]> => worker.dispatch.query('SHOW default_transaction_read_only');
      await eventually(async () => JSON.stringify(await setting()).includes(on ? '"on"' : '"off"'));
    };

    await readOnly(true);
    gate.release(); // its outcome is known while it cannot be written
    const startedMs = performance.now();
    await expect(worker.ledger.acceptGrouped(newOperation(tenant))).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
    });
    expect(performance.now() - startedMs).toBeLessThan(2_000);
    await readOnly(false);

    expect(await witness.settled(out.id, 20_000)).toMatchObject({ state: 'succeeded', crashes: 0, attempt: 1 });
    expect(provider.effectsOf(out.id)).toBe(1);
    await worker.close();
    await witness.close();
  }, 60_000);

  it('is without what it acknowledged when a server takes over that lacks the last commits (F28)', async () => {
    const urls = { appUrl: urlOf('app'), dispatchUrl: urlOf('dispatch'), superuserUrl: server.superuserUrl('puente') };
    const before = new LedgerWitness(urls);
    const tenant = await before.tenant();
    await before.close();
    const replica = path.join(home, 'replica');
    await server.stop('fast');
    await execFile('cp', ['-a', server.directory, replica]); // an asynchronous replica, at its last received commit
    server = await start();
    const idempotency = { route: 'test', key: 'k-1', request: { order: 7 } };
    const api = await TestProcess.start(urls);
    const acknowledged = await api.ledger.acceptGrouped(newOperation(tenant, { idempotency }));

    await server.stop('immediate');
    await rm(server.directory, { recursive: true });
    await execFile('cp', ['-a', replica, server.directory]);
    server = await start(); // it takes over

    // Gone, and nothing of ours can tell. ADR 0014: let no server take over that is not synchronous.
    const after = new LedgerWitness(urls);
    expect(await after.count(`id = '${acknowledged.operationId}'`)).toBe(0);
    // A client that asks again with its key is helped: it is made anew, under another id.
    const again = await until(() => api.ledger.acceptGrouped(newOperation(tenant, { idempotency })), {
      ...{ withinMs: 20_000, what: 'the pool has connected again' },
    });
    expect(again).toMatchObject({ kind: 'accepted' });
    expect(again.operationId).not.toBe(acknowledged.operationId);
    await api.close();
    await after.close();
  }, 90_000);
});
