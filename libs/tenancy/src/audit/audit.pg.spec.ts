import { startTenancy, type Tenancy } from '../../../../test/support/tenancy.fixture';
import { type AuditEvent, AuditLog } from './audit-log';
import { AuditVerifier } from './audit-verifier';

const event = (action: string): AuditEvent => ({ actor: 'api-key:1', action, target: 'thing:1', outcome: 'done' });

describe('audit trail', () => {
  let tenancy: Tenancy;
  let log: AuditLog;
  let tenantId: string;

  beforeAll(async () => {
    tenancy = await startTenancy();
    log = tenancy.get(AuditLog);
  });
  afterAll(() => tenancy.close());
  beforeEach(async () => {
    tenantId = (await tenancy.tenant()).id;
  });

  const record = (entry: AuditEvent, tenant = tenantId): Promise<void> =>
    tenancy.rows.run(tenant, (tx) => log.record(tx, entry));
  const recordAll = async (...actions: string[]): Promise<void> => {
    for (const action of actions) await record(event(action));
  };
  const verify = (): ReturnType<AuditVerifier['verify']> => tenancy.get(AuditVerifier).verify(tenantId);
  /** What only somebody with the database in hand can do: the trigger is off for them. */
  const tamper = async (sql: string, params: readonly unknown[] = [tenantId]): Promise<void> => {
    await tenancy.asSuperuser(`SET session_replication_role = replica`);
    await tenancy.asSuperuser(sql, params);
    await tenancy.asSuperuser(`SET session_replication_role = DEFAULT`);
  };

  it('keeps who, what, where from and how it ended, newest first', async () => {
    const origin = { actor: 'api-key:7', ip: '10.1.2.3', requestId: 'req-1' };
    await record({ ...origin, action: 'a.done', target: 'thing:1', outcome: 'done', detail: { fields: ['apiKey'] } });
    await log.recordDenied(tenantId, { ...origin, action: 'b.read', target: 'thing:2' });

    const { items, next } = await log.list(tenantId);
    expect(items).toMatchObject([
      { seq: '2', action: 'b.read', outcome: 'denied', ...origin },
      { seq: '1', action: 'a.done', outcome: 'done', detail: { fields: ['apiKey'] }, ...origin },
    ]);
    expect(next).toBeNull();
    expect(items[0]!.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('pages and filters', async () => {
    await recordAll('a', 'b', 'a', 'b', 'a');
    const first = await log.list(tenantId, { action: 'a' }, undefined, 2);
    const second = await log.list(tenantId, { action: 'a' }, first.next!, 2);

    expect(first.items.map(({ seq }) => seq)).toEqual(['5', '3']);
    expect(second.items.map(({ seq }) => seq)).toEqual(['1']);
    expect(second.next).toBeNull();
    expect((await log.list(tenantId, { since: new Date(Date.now() + 60_000) })).items).toEqual([]);
    expect((await log.list(tenantId, { until: new Date(), outcome: 'done' })).items).toHaveLength(5);
  });

  it('is written with the change or not at all', async () => {
    const failed = tenancy.rows.run(tenantId, async (tx) => {
      await log.record(tx, event('a'));
      throw new Error('the change failed');
    });

    await expect(failed).rejects.toThrow('the change failed');
    expect((await log.list(tenantId)).items).toEqual([]);
  });

  it('stays one chain when many write at once', async () => {
    await Promise.all(Array.from({ length: 30 }, (_, at) => record(event(`act.${String(at)}`))));
    expect(await verify()).toEqual({ ok: true, checked: 30, firstBadSeq: null });
  });

  it('verifies what went through jsonb and timestamptz and back', async () => {
    const detail = { n: 1e21, f: 0.1, neg: -0, deep: { b: [1, { a: null }], ñ: '\u{1F680}' }, ['__proto__']: 1 };
    await record({ ...event('odd'), detail: JSON.parse(JSON.stringify(detail)) as Record<string, never> });
    expect(await verify()).toMatchObject({ ok: true, checked: 1 });
  });

  it('is harmless to read (T31)', async () => {
    await record({ ...event('a\u001b[2Jb'), actor: 'x\r\ny', detail: { 'na\u202Eme': 'va\u0000lue' } });
    const [entry] = (await log.list(tenantId)).items;

    expect(entry).toMatchObject({
      action: 'a\\u{1b}[2Jb',
      actor: 'x\\u{d}\\u{a}y',
      detail: { 'na\\u{202e}me': 'va\\u{0}lue' },
    });
    expect(await verify()).toMatchObject({ ok: true });
  });

  it('cannot be changed by the application (T34)', async () => {
    await recordAll('a');
    for (const sql of [
      `UPDATE audit_entries SET actor = 'somebody else'`,
      `DELETE FROM audit_entries`,
      `DELETE FROM audit_heads`,
      `TRUNCATE audit_entries`,
    ])
      await expect(tenancy.rows.run(tenantId, (tx) => tx.query(sql))).rejects.toThrow(/permission denied|append-only/);
  });

  it.each<[string, string, string]>([
    ['an edited actor', `UPDATE audit_entries SET actor = 'mallory' WHERE tenant_id = $1 AND seq = 3`, '3'],
    ['an edited detail', `UPDATE audit_entries SET detail = '{"a": 1}' WHERE tenant_id = $1 AND seq = 2`, '2'],
    ['an edited time', `UPDATE audit_entries SET at = at + interval '1 ms' WHERE tenant_id = $1 AND seq = 4`, '4'],
    ['a changed outcome', `UPDATE audit_entries SET outcome = 'denied' WHERE tenant_id = $1 AND seq = 1`, '1'],
    ['a removed entry', `DELETE FROM audit_entries WHERE tenant_id = $1 AND seq = 3`, '3'],
    ['the first entry removed', `DELETE FROM audit_entries WHERE tenant_id = $1 AND seq = 1`, '1'],
    ['the end cut off', `DELETE FROM audit_entries WHERE tenant_id = $1 AND seq >= 4`, '4'],
    ['everything removed', `DELETE FROM audit_entries WHERE tenant_id = $1`, '1'],
    ['the head removed', `DELETE FROM audit_heads WHERE tenant_id = $1`, '1'],
    ['the head turned back', `UPDATE audit_heads SET seq = 3 WHERE tenant_id = $1`, '3'],
  ])('shows %s (T34)', async (_, sql, firstBadSeq) => {
    await recordAll('a', 'b', 'c', 'd', 'e');
    await tamper(sql);
    expect(await verify()).toMatchObject({ ok: false, firstBadSeq });
  });

  it('shows entries that changed places (T34)', async () => {
    await recordAll('a', 'b', 'c', 'd');
    for (const [from, to] of [
      [2, 99],
      [3, 2],
      [99, 3],
    ])
      await tamper(`UPDATE audit_entries SET seq = $3 WHERE tenant_id = $1 AND seq = $2`, [tenantId, from, to]);
    expect(await verify()).toMatchObject({ ok: false, checked: 1, firstBadSeq: '2' });
  });

  it('shows an entry that was put behind the end', async () => {
    await recordAll('a', 'b');
    await tamper(
      `INSERT INTO audit_entries SELECT tenant_id, 7, at, actor, action, target, outcome, ip, request_id, detail, hash, hash
       FROM audit_entries WHERE tenant_id = $1 AND seq = 2`,
    );
    expect(await verify()).toEqual({ ok: false, checked: 2, firstBadSeq: '7' });
  });

  it('shows an entry copied from another tenant', async () => {
    const other = (await tenancy.tenant()).id;
    await recordAll('a', 'b');
    await record(event('a'), other);
    await tamper(`DELETE FROM audit_entries WHERE tenant_id = $1 AND seq = 1`);
    await tamper(`UPDATE audit_entries SET tenant_id = $1 WHERE tenant_id = $2`, [tenantId, other]);
    expect(await verify()).toMatchObject({ ok: false, firstBadSeq: '1' });
  });

  it('a tenant sees and verifies its own trail only', async () => {
    const other = (await tenancy.tenant()).id;
    await recordAll('a');
    expect((await log.list(other)).items).toEqual([]);
    expect(await tenancy.get(AuditVerifier).verify(other)).toEqual({ ok: true, checked: 0, firstBadSeq: null });
  });
});
