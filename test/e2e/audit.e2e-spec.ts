import { sandboxFacts } from '../support/sandbox';
import { bodyOf } from '../support/sandbox-client';
import { CANARY, freshAwsKey, type ReadyTenant, SandboxTenant } from '../support/sandbox-tenant';

interface Entry {
  readonly seq: string;
  readonly action: string;
  readonly actor: string;
  readonly target: string;
  readonly outcome: string;
  readonly ip: string | null;
  readonly requestId: string | null;
  readonly hash: string;
}

interface Page {
  readonly items: readonly Entry[];
  readonly next: string | null;
}

describe('the audit trail', () => {
  let tenant: ReadyTenant;
  const read = async (query = '') => bodyOf<Page>(await tenant.audit.get(`/v1/audit?limit=100${query}`), 200);

  beforeAll(async () => {
    tenant = await SandboxTenant.createReady(sandboxFacts());
  });

  it('has who did what, from where, in which request', async () => {
    const key = await tenant.admin.post(
      '/v1/api-keys',
      { name: 'audited', scopes: ['client'] },
      { 'x-request-id': 'audited-request-1' },
    );
    const { id } = bodyOf<{ id: string }>(key, 201);
    await tenant.admin.delete(`/v1/api-keys/${id}`);
    const actions = (await read()).items.filter(({ target }) => target.endsWith(id));
    expect(actions.map(({ action }) => action)).toEqual(['api_key.revoked', 'api_key.created']);
    expect(actions[1]).toMatchObject({
      requestId: 'audited-request-1',
      outcome: 'done',
      ip: '127.0.0.1',
      actor: expect.stringMatching(/^api-key:/) as string,
    });
  });

  it('has names and never values', async () => {
    await tenant.register('sns', freshAwsKey());
    const { text } = await tenant.audit.get('/v1/audit?limit=100');
    expect(text).toContain('integration');
    expect(text).not.toContain(CANARY);
  });

  it('can be read page by page and filtered', async () => {
    const all = (await read()).items;
    const first = bodyOf<Page>(await tenant.audit.get('/v1/audit?limit=2'), 200);
    const second = bodyOf<Page>(await tenant.audit.get(`/v1/audit?limit=2&cursor=${first.next ?? ''}`), 200);
    expect([...first.items, ...second.items].map(({ seq }) => seq)).toEqual(all.slice(0, 4).map(({ seq }) => seq));
    const { items } = await read('&action=api_key.created');
    expect(items.length).toBeGreaterThan(0);
    expect(items.every(({ action }) => action === 'api_key.created')).toBe(true);
  });

  it('verifies, also after many changes at the same time', async () => {
    const changes = Array.from({ length: 20 }, (_, n) =>
      tenant.admin.put(`/v1/notifications/handlers/kind.${String(n)}`, {}),
    );
    for (const answer of await Promise.all(changes)) bodyOf(answer);
    const { ok, checked, firstBadSeq } = bodyOf<{ ok: boolean; checked: number; firstBadSeq: string | null }>(
      await tenant.audit.get('/v1/audit/verify'),
      200,
    );
    expect({ ok, firstBadSeq }).toEqual({ ok: true, firstBadSeq: null });
    expect(checked).toBeGreaterThanOrEqual(20);
    const hashes = (await read()).items.map(({ hash }) => hash);
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});
