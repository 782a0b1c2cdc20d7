import { randomUUID } from 'node:crypto';
import { sandboxDataDir, sandboxFacts } from '../support/sandbox';
import { bodyOf, statusAndCode } from '../support/sandbox-client';
import { asDatabaseOwner } from '../support/sandbox-database';
import { freshAwsKey, type ReadyTenant, SandboxTenant } from '../support/sandbox-tenant';
import { until } from '../support/sandbox-until';

interface IntegrationView {
  readonly provider: string;
  readonly quarantine: { readonly reason: string } | null;
}

/** Done when 4: tenant, row, column and version are bound into each ciphertext. */
describe('a ciphertext that somebody moved in the database', () => {
  let victim: ReadyTenant;
  let thief: ReadyTenant;
  const query = (sql: string, ...params: unknown[]) =>
    asDatabaseOwner(sandboxDataDir(), (client) => client.query(sql, params));
  const publish = (tenant: ReadyTenant) =>
    tenant.client.post('/v1/integrations/sns/operations/publish', {
      topicArn: tenant.topicArn,
      message: `m ${randomUUID()}`,
    });
  const quarantineOf = async (provider: string) =>
    bodyOf<IntegrationView>(await thief.admin.get(`/v1/integrations/${provider}`), 200).quarantine;

  beforeEach(async () => {
    victim = await SandboxTenant.createReady(sandboxFacts());
    thief = await SandboxTenant.createReady(sandboxFacts());
  });

  /** What was opened a moment ago may be used a little longer. */
  const refused = () =>
    until(async () => code409(await publish(thief)), {
      withinMs: 20_000,
      everyMs: 200,
      what: 'the row is in quarantine',
    });

  it('from another tenant (T07) does not open; every other row still works', async () => {
    await query(
      `UPDATE tenant_integrations AS mine SET credentials = theirs.credentials FROM tenant_integrations AS theirs
       WHERE mine.tenant_id = $1 AND theirs.tenant_id = $2 AND mine.provider = 'sns' AND theirs.provider = 'sns'`,
      thief.id,
      victim.id,
    );
    await query(
      `UPDATE integration_versions AS mine SET envelope = theirs.envelope
       FROM integration_versions AS theirs
       WHERE mine.tenant_id = $1 AND theirs.tenant_id = $2
         AND mine.integration_id = (SELECT id FROM tenant_integrations WHERE tenant_id = $1 AND provider = 'sns')
         AND theirs.integration_id = (SELECT id FROM tenant_integrations WHERE tenant_id = $2 AND provider = 'sns')`,
      thief.id,
      victim.id,
    );
    expect(await refused()).toBe('CREDENTIALS_QUARANTINED');
    expect((await quarantineOf('sns'))?.reason).toMatch(/.+/);
    expect(await quarantineOf('sqs')).toBeNull();
    expect((await publish(victim)).status).toBe(200);
    await thief.register('sns', freshAwsKey());
    expect(await quarantineOf('sns')).toBeNull();
    expect((await publish(thief)).status).toBe(200);
  });

  it('from another row of the same tenant, or from an older version (T07), does not open either', async () => {
    const [before] = (
      await query(`SELECT credentials FROM tenant_integrations WHERE tenant_id = $1 AND provider = 'sns'`, thief.id)
    ).rows as { credentials: unknown }[];
    await thief.register('sns', freshAwsKey());
    const restore = `UPDATE tenant_integrations SET credentials = $2 WHERE tenant_id = $1 AND provider = 'sns'`;
    await query(restore, thief.id, before?.credentials);
    expect(await refused()).toBe('CREDENTIALS_QUARANTINED');

    await thief.register('sns', freshAwsKey());
    const [other] = (
      await query(`SELECT credentials FROM tenant_integrations WHERE tenant_id = $1 AND provider = 'sqs'`, thief.id)
    ).rows as { credentials: unknown }[];
    await query(restore, thief.id, other?.credentials);
    expect(await refused()).toBe('CREDENTIALS_QUARANTINED');
  });

  it('cannot be hidden: an edited audit entry is found (T34)', async () => {
    await query(`ALTER TABLE audit_entries DISABLE TRIGGER append_only`);
    const edited = await query(
      `UPDATE audit_entries SET action = 'nothing.happened' WHERE tenant_id = $1 AND seq = (SELECT max(seq) - 1 FROM audit_entries WHERE tenant_id = $1)`,
      thief.id,
    );
    expect(edited.rowCount).toBe(1);
    const verdict = bodyOf<{ ok: boolean; firstBadSeq: string | null }>(await thief.audit.get('/v1/audit/verify'), 200);
    expect(verdict).toMatchObject({ ok: false, firstBadSeq: expect.any(String) as string });
    expect(bodyOf<{ ok: boolean }>(await victim.audit.get('/v1/audit/verify'), 200).ok).toBe(true);
    await query(`ALTER TABLE audit_entries ENABLE TRIGGER append_only`);
  });
});

function code409(answer: Parameters<typeof statusAndCode>[0]): string | undefined {
  const [status, code] = statusAndCode(answer);
  return status === 409 ? code : undefined;
}
