import type { INestApplicationContext } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { type AppConfig, AppConfigModule, loadConfig } from '@puente/config';
import { DatabaseModule, TenantDatabase } from '@puente/database';
import { EgressModule } from '@puente/egress';
import { IntegrationsModule, PortsModule } from '@puente/integrations';
import { LedgerModule, type NewOperation } from '@puente/ledger';
import { ObservabilityModule } from '@puente/observability';
import { catalog } from '@puente/providers';
import { AuditLog, IntegrationsAdmin, TenancyModule, Tenants } from '@puente/tenancy';
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '../../../../test/support/test-database';
import { FunctionHandlers } from './function-handlers';
import { FunctionsAdmin } from './functions-admin';
import { FunctionsFlow } from './functions-flow';
import { FunctionsModule } from './functions.module';
import { FunctionBody } from './functions.schemas';

const origin = { actor: 'test' };
const KEY_RING = `test-1:${randomBytes(32).toString('base64')}`;
const body = (given: object) => FunctionBody.parse(given);

/** The flow on a real database; Lambda itself is not called here. */
describe('the functions flow', () => {
  let database: TestDatabase;
  let superuser: Client;
  let app: INestApplicationContext;
  const others: INestApplicationContext[] = [];

  const configOf = (env: object): AppConfig =>
    loadConfig({
      ...{ ENV: 'test', KEY_RING, DATABASE_APP_URL: database.appUrl },
      ...{ DATABASE_DISPATCH_URL: database.dispatchUrl, DATABASE_AUTH_URL: database.authUrl },
      ...env,
    });

  async function boot(env: object): Promise<INestApplicationContext> {
    const config = configOf(env);
    const imports = [
      ...[AppConfigModule.with(config), ObservabilityModule.forRoot({ service: 'test' }), DatabaseModule],
      EgressModule,
      IntegrationsModule.forRoot({ catalog, installation: config.ENV }),
      ...[PortsModule, LedgerModule.forRoot({}), TenancyModule, FunctionsModule],
    ];
    const made = await Test.createTestingModule({ imports }).compile();
    made.useLogger(false);
    return made.init();
  }

  beforeAll(async () => {
    database = await createTestDatabase();
    superuser = new Client({ connectionString: database.superuserUrl });
    await superuser.connect();
    app = await boot({ FUNCTION_FINALITIXCONTACT_NAME: 'their-contact' });
  });
  afterAll(async () => {
    await Promise.all([app, ...others].map((one) => one.close()));
    await superuser.end();
    await database.drop();
  });

  const tenant = async (): Promise<string> => (await app.get(Tenants).create(origin, { name: 'Comercial Andes' })).id;
  const admin = () => app.get(FunctionsAdmin);

  it('knows three functions, and says of each how it is called and why', async () => {
    const id = await tenant();
    await admin().put(id, 'notifications', body({ name: 'own-notifications' }), origin);
    await admin().put(id, 'notifications-pubsub', body({ name: 'pubsub-live', nameIncludesEnv: true }), origin);

    expect(await admin().list(id)).toMatchObject([
      { function: 'notifications', source: 'tenant', effectiveName: 'own-notifications-test', onUnknown: 'resend' },
      { function: 'notifications-pubsub', source: 'tenant', effectiveName: 'pubsub-live', invocationType: 'Event' },
      { function: 'contact', source: 'variable', effectiveName: 'their-contact-test', onUnknown: 'review' },
    ]);
    expect(await admin().list(await tenant())).toMatchObject([
      { source: 'none', name: null, effectiveName: null },
      { source: 'none' },
      { source: 'variable' },
    ]);
  });

  it('uses the variables as they are where the installation says so', async () => {
    const id = await tenant();
    const whole = await boot({ FUNCTION_FINALITIXCONTACT_NAME: 'contact-prod', FUNCTION_NAMES_INCLUDE_ENV: 'true' });
    others.push(whole);

    expect(await whole.get(FunctionsAdmin).get(id, 'contact')).toMatchObject({
      nameIncludesEnv: true,
      effectiveName: 'contact-prod',
    });
  });

  it('takes the environment from the lambda account that invokes', async () => {
    const id = await tenant();
    const secrets = { accessKeyId: 'AKIDTEST', secretAccessKey: 'test' };
    const account = { secrets, config: { region: 'us-east-1', environment: 'qa' }, activate: false };
    await app.get(IntegrationsAdmin).put(origin, { tenantId: id, provider: 'lambda', name: 'second' }, account);
    const put = (integration: string) => admin().put(id, 'contact', body({ name: 'c', integration }), origin);

    expect((await put('second')).effectiveName).toBe('c-qa');
    expect((await put('default')).effectiveName).toBe('c-test');
  });

  it('changes a name, removes it, and leaves an audit entry for each', async () => {
    const id = await tenant();
    await admin().put(id, 'contact', body({ name: 'a' }), origin);
    const changed = await admin().put(id, 'contact', body({ name: 'b', onUnknown: 'drop' }), origin);
    await admin().remove(id, 'contact', origin);

    expect(changed).toMatchObject({ name: 'b', onUnknown: 'drop' });
    expect(await admin().get(id, 'contact')).toMatchObject({ source: 'variable' });
    await expect(admin().remove(id, 'contact', origin)).rejects.toMatchObject({ code: 'FUNCTION_NAME_NOT_FOUND' });
    await expect(admin().get(id, 'refund')).rejects.toMatchObject({ code: 'FUNCTION_NOT_FOUND' });
    const { items } = await app.get(AuditLog).list(id, {});
    expect(items.map(({ action, target }) => [action, target]).slice(0, 3)).toEqual([
      ['function.removed', 'function:contact'],
      ['function.put', 'function:contact'],
      ['function.put', 'function:contact'],
    ]);
  });

  it.each([
    ['an alias in the name', { name: 'contact:live' }],
    ['an ARN to which an environment would be added', { name: 'arn:aws:lambda:us-east-1:000000000000:function:c' }],
    ['no name', { name: '' }],
  ])('does not take %s', (_, given) => {
    expect(FunctionBody.safeParse(given).success).toBe(false);
  });

  it('accepts an invocation for which nobody waits into the ledger, and calls nothing', async () => {
    const id = await tenant();
    await admin().put(id, 'notifications', body({ name: 'n' }), origin);
    const options = { idempotencyKey: 'k-1' };
    const first = await app.get(FunctionsFlow).invoke(id, 'notifications', '{"a": 1.0}', options);
    const again = await app.get(FunctionsFlow).invoke(id, 'notifications', '{"a": 1.0}', options);

    expect([first.kind, again]).toEqual(['pending', first]);
    const { rows } = await superuser.query(
      `SELECT state, provider, operation, effect, on_unknown, route_key FROM operations WHERE tenant_id = $1`,
      [id],
    );
    expect(rows).toEqual([
      {
        ...{ state: 'queued', provider: 'lambda', operation: 'invoke', effect: 'once', on_unknown: 'resend' },
        route_key: 'POST /v1/functions/notifications/invocations:k-1',
      },
    ]);
    await expect(app.get(FunctionsFlow).invoke(id, 'notifications', '{"a": 2}', options)).rejects.toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
    });
  });

  it('offers handlers what has a name, and says in words what has none', async () => {
    const id = await tenant();
    await admin().put(id, 'notifications', body({ name: 'n', integration: 'second' }), origin);
    const find = (names: readonly string[]) =>
      app.get(TenantDatabase).run(id, (tx) => app.get(FunctionHandlers).find(tx, names));
    const found = await find(['notifications', 'notifications-pubsub', 'refund']);

    expect(found.get('notifications-pubsub')).toEqual({
      problem: expect.stringContaining('FUNCTION_FINALITIXNOTIFICATIONSPUBSUB_NAME') as string,
    });
    expect(found.get('refund')).toEqual({ problem: expect.stringContaining('There is no function') as string });
    const target = found.get('notifications') as { prepare(payload: string, options: object): NewOperation };
    expect(target.prepare(' {"a": 1.0}', { tenantId: id, orderKey: 'g', onUnknown: 'drop' })).toMatchObject({
      ...{ provider: 'lambda', integration: 'second', orderKey: 'g', onUnknown: 'drop' },
      input: { functionName: 'n', nameIncludesEnv: false, invocationType: 'Event', payloadText: ' {"a": 1.0}' },
    });
  });

  it('hides the names of one tenant from another', async () => {
    const [one, other] = [await tenant(), await tenant()];
    await admin().put(one, 'notifications', body({ name: 'secret-name' }), origin);
    const seen = await app
      .get(TenantDatabase)
      .run(other, (tx) => tx.query(`SELECT name FROM tenant_functions WHERE name = 'secret-name'`));
    expect(seen).toEqual([]);
  });
});
