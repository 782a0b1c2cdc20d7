import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bootstrapSql, databaseSql, runMigrations } from '@puente/database';
import { Client } from 'pg';
import { type RunningPostgres, freePort, startEmbeddedPostgres } from '../../../apps/sandbox/src/embedded-postgres';
import { LedgerWitness, TestProcess, eventually, newOperation } from '../../../libs/ledger/src/testing/ledger.fixture';
import { ScriptedProvider, acts, held } from '../../../libs/ledger/src/testing/scripted-provider';

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
});
