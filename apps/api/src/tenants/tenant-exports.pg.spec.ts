import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { loadConfig } from '@puente/config';
import { SYSTEM_TENANT_ID, uuidv7 } from '@puente/kernel';
import { ApiKeys, TenantPayloadCipher, Tenants } from '@puente/tenancy';
import { Client } from 'pg';
import { until } from '../../../../test/support/sandbox-until';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { startApi } from '../start-api';
import { TenantExports } from './tenant-exports';

const origin = { actor: 'test' };

/** Over a real connection, to a reader who is slow or goes away: more to send than all buffers in between hold. */
describe('an export over HTTP', () => {
  let database: TestDatabase;
  let api: NestFastifyApplication;
  let key: string;
  let tenantId: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    api = await startApi(
      loadConfig({
        ...{ ENV: 'test', PORT: '0', LOG_LEVEL: 'silent', KEY_RING: `k1:${randomBytes(32).toString('base64')}` },
        DATABASE_APP_URL: database.appUrl,
        DATABASE_DISPATCH_URL: database.dispatchUrl,
        DATABASE_AUTH_URL: database.authUrl,
      }),
    );
    const made = await api.get(ApiKeys).create(origin, SYSTEM_TENANT_ID, { name: 'k', scopes: ['platform'] });
    key = made.key.reveal();
    tenantId = (await api.get(Tenants).create(origin, { name: 'Andes' })).id;
    await fill(40);
  });
  afterAll(() => database.drop());

  /** So many operations of half a megabyte each. */
  const fill = async (count: number): Promise<void> => {
    const [text, rowId] = [randomBytes(250_000).toString('hex'), uuidv7()];
    const input = await api
      .get(TenantPayloadCipher)
      .seal({ tenantId, table: 'operations', rowId, column: 'input' }, { text });
    const superuser = new Client({ connectionString: database.superuserUrl });
    await superuser.connect();
    await superuser.query(
      `INSERT INTO operations (id, tenant_id, provider, operation, effect, on_unknown, policy, request_hash, input, state,
         next_attempt_at, created_at, updated_at, settled_at)
       SELECT CASE n WHEN 1 THEN $2::uuid ELSE gen_random_uuid() END, $1, 'sns', 'publish', 'once', 'review', 'payment', '', $3,
         'succeeded', now(), now(), now(), now() FROM generate_series(1, $4::int) AS n`,
      [tenantId, rowId, JSON.stringify(input), count],
    );
    await superuser.end();
  };
  const begin = async (): Promise<IncomingMessage> => {
    const request = get(`${await api.getUrl()}/v1/tenants/${tenantId}/export`, {
      headers: { authorization: `Bearer ${key}` },
    });
    const [answer] = (await once(request, 'response')) as [IncomingMessage];
    return answer;
  };
  const running = (): number => api.get(TenantExports).running;

  it('is no further ahead than its reader, and ends when the reader goes away', async () => {
    const answer = await begin();
    answer.once('error', () => undefined);
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'application/x-ndjson; charset=utf-8']);
    await once(answer, 'readable');
    expect(running()).toBe(1);
    answer.destroy();

    await until(() => running() === 0, { withinMs: 5_000, what: 'the export ended' });
  });

  it('does not keep a process from stopping, and what was sent of it is seen to be cut off', async () => {
    const answer = await begin();
    await once(answer, 'readable');
    const startedAt = performance.now();
    await api.close();

    expect(performance.now() - startedAt).toBeLessThan(5_000);
    const [error] = (await once(answer.resume(), 'error')) as [NodeJS.ErrnoException];
    expect([error.code, answer.complete]).toEqual(['ECONNRESET', false]);
  });
});
