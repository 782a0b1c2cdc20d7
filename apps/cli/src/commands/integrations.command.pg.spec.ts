import { IntegrationsAdmin } from '@puente/tenancy';
import { KEY_RING, startTenancy, type Tenancy } from '../../../../test/support/tenancy.fixture';
import { integrationsCommand } from './integrations.command';

describe('puente integrations due', () => {
  let tenancy: Tenancy;

  beforeAll(async () => {
    tenancy = await startTenancy();
  });
  afterAll(() => tenancy.close());

  async function printed(...args: string[]): Promise<unknown[]> {
    const lines: string[] = [];
    const { write } = process.stdout;
    process.stdout.write = (line) => lines.push(String(line)) > 0;
    try {
      const { appUrl, dispatchUrl, authUrl } = tenancy.database;
      const urls = { DATABASE_APP_URL: appUrl, DATABASE_DISPATCH_URL: dispatchUrl, DATABASE_AUTH_URL: authUrl };
      await integrationsCommand({ ...urls, KEY_RING, LOG_LEVEL: 'silent' }).parseAsync(args, { from: 'user' });
    } finally {
      process.stdout.write = write;
    }
    return lines.map((line) => JSON.parse(line) as unknown);
  }

  it('prints what is to be rotated, a line of JSON each', async () => {
    const { id: tenantId } = await tenancy.tenant();
    for (const name of ['late', 'soon', 'fresh'])
      await tenancy
        .get(IntegrationsAdmin)
        .put({ actor: 'test' }, { tenantId, provider: 'acme', name }, { secrets: { apiKey: `key-of-${name}` } });
    await tenancy.asSuperuser(
      `UPDATE tenant_integrations SET rotate_due_at = puente_now() + CASE name WHEN 'late' THEN -2 WHEN 'soon' THEN 2 ELSE 80 END * interval '1 day'`,
    );

    expect(await printed('due')).toEqual([
      expect.objectContaining({ tenantId, provider: 'acme', name: 'late', state: 'overdue' }),
      expect.objectContaining({ tenantId, provider: 'acme', name: 'soon', state: 'due' }),
    ]);
    expect(await printed('due', '--overdue')).toHaveLength(1);
  });
});
