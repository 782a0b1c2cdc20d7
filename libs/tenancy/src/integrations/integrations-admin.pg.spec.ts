import { type Outcome, SYSTEM_TENANT_ID } from '@puente/kernel';
import { inspect } from 'node:util';
import { startTenancy, type Tenancy } from '../../../../test/support/tenancy.fixture';
import { AuditLog } from '../audit/audit-log';
import { AuditVerifier } from '../audit/audit-verifier';
import { TenantCredentialVault } from '../vault/tenant-credential-vault';
import type { IntegrationRef } from './integration-ref';
import type { IntegrationView } from './integration-view';
import { IntegrationViews } from './integration-views';
import { IntegrationsAdmin } from './integrations-admin';
import { RetiredSecrets } from './retired-secrets';

const origin = { actor: 'api-key:1', ip: '10.0.0.9', requestId: 'r-9' };
const ok: Outcome = { kind: 'ok', output: {} };

describe('integrations', () => {
  let tenancy: Tenancy;
  let admin: IntegrationsAdmin;
  let ref: IntegrationRef;

  beforeAll(async () => {
    tenancy = await startTenancy();
    admin = tenancy.get(IntegrationsAdmin);
  });
  afterAll(() => tenancy.close());
  beforeEach(async () => {
    ref = { tenantId: (await tenancy.tenant()).id, provider: 'acme', name: 'default' };
    tenancy.probe.answer = () => ok;
    tenancy.probe.asked.length = 0;
    tenancy.mended.told.length = 0;
  });

  const view = (of = ref): Promise<IntegrationView> => tenancy.get(IntegrationViews).get(of);
  const used = async (of = ref): Promise<unknown> =>
    (await tenancy.get(TenantCredentialVault).resolve(of.tenantId, of.provider, of.name)).secrets.reveal();
  const actions = async (tenantId = ref.tenantId): Promise<string[]> =>
    (await tenancy.get(AuditLog).list(tenantId, {}, undefined, 100)).items.map(
      ({ action, outcome }) => `${action} ${outcome}`,
    );
  const put = (secrets: Record<string, unknown>, config = {}, more = {}): Promise<void> =>
    admin.put(origin, ref, { secrets, config, ...more });

  describe('what is not probed before use', () => {
    beforeEach(() => {
      ref = { ...ref, provider: 'hook' };
    });

    it('is used as soon as it is saved, without a word to anybody', async () => {
      tenancy.probe.answer = () => ({ kind: 'not_sent', cause: 'connect' });
      await put({ signing: 'key-number-1' }, { host: 'https://one.test' });
      await admin.rotate(origin, ref, { secrets: { signing: 'key-number-2' } });

      expect(tenancy.probe.asked).toEqual([]);
      expect(await used()).toEqual({ signing: 'key-number-2' });
      expect(await actions()).not.toContainEqual(expect.stringContaining('verified'));
      expect(await admin.verify(origin, ref)).toMatchObject({ version: 2, verdict: 'unclear', outcome: 'not_sent' });
      expect(await used()).toEqual({ signing: 'key-number-2' });
    });

    it('keeps secrets that only sign when the address changes, and asks for those that travel', async () => {
      await put({ signing: 'key-number-1' }, { host: 'https://one.test' });
      await admin.patch(origin, ref, { config: { host: 'https://two.test' } });
      expect(await used()).toEqual({ signing: 'key-number-1' });

      await admin.patch(origin, ref, { secrets: { token: 'token-number-1' } });
      const moved = admin.patch(origin, ref, { config: { host: 'https://three.test' } });
      await expect(moved).rejects.toMatchObject({
        ...{ code: 'SECRETS_REQUIRED', errors: [{ path: 'secrets.token', message: 'must be sent again' }] },
      });
    });
  });

  describe('saving', () => {
    it('probes first, uses what the provider accepts, and lets paused calls go on', async () => {
      await put({ apiKey: 'key-number-1' }, { label: 'uno' });

      expect(tenancy.probe.asked).toMatchObject([
        { integration: 'default', config: { host: 'https://api.acme.test' } },
      ]);
      expect(tenancy.probe.asked[0]!.secrets.reveal()).toEqual({ apiKey: 'key-number-1' });
      expect(tenancy.probe.asked[0]!.externalId).toMatch(/^puente-/);
      expect(await used()).toEqual({ apiKey: 'key-number-1' });
      expect(tenancy.mended.told).toEqual([`${ref.tenantId} acme/default`]);
      expect(await actions()).toEqual([
        'integration.activated done',
        'integration.verified done',
        'integration.saved done',
      ]);
    });

    it.each<[Outcome, string]>([
      [{ kind: 'unauthorized', code: 'InvalidClientTokenId', status: 403 }, 'CREDENTIALS_REJECTED'],
      [{ kind: 'rejected', code: 'NoSuchAccount' }, 'CREDENTIALS_REJECTED'],
      [{ kind: 'unknown', cause: 'timeout' }, 'PROBE_UNCLEAR'],
      [{ kind: 'not_sent', cause: 'connect' }, 'PROBE_UNCLEAR'],
      [{ kind: 'throttled' }, 'PROBE_UNCLEAR'],
    ])('keeps the old version in use when the probe says %j', async (outcome, code) => {
      await put({ apiKey: 'key-number-1' });
      tenancy.probe.answer = () => outcome;
      const refused = put({ apiKey: 'key-number-2' });

      await expect(refused).rejects.toMatchObject({ code, version: 2 });
      expect(await used()).toEqual({ apiKey: 'key-number-1' });
      expect(await view()).toMatchObject({
        ...{ version: 2, activeVersion: 1, isActive: true },
        versions: [
          { version: 2, state: 'staged', probe: { outcome: outcome.kind } },
          { version: 1, state: 'active' },
        ],
      });
      expect(await actions()).toContain('integration.verified failed');
    });

    it('can be activated later, once the provider answers', async () => {
      tenancy.probe.answer = () => ({ kind: 'unknown', cause: 'timeout' });
      await expect(put({ apiKey: 'key-number-1' })).rejects.toMatchObject({ code: 'PROBE_UNCLEAR' });
      await expect(used()).rejects.toMatchObject({ code: 'CREDENTIALS_INACTIVE' });
      tenancy.probe.answer = () => ok;
      expect(await admin.verify(origin, ref)).toEqual({ version: 1, verdict: 'good', outcome: 'ok', code: null });
      expect((await view()).versions).toMatchObject([{ state: 'verified' }]);
      await expect(used()).rejects.toMatchObject({ code: 'CREDENTIALS_INACTIVE' });
      await admin.activate(origin, ref);

      expect(await used()).toEqual({ apiKey: 'key-number-1' });
    });

    it('only saves when asked to', async () => {
      await put({ apiKey: 'key-number-1' }, {}, { activate: false });

      expect(tenancy.probe.asked).toEqual([]);
      expect(await view()).toMatchObject({ isActive: false, activeVersion: null, versions: [{ state: 'staged' }] });
    });

    it('erases what it replaces', async () => {
      await put({ apiKey: 'key-number-1' });
      await put({ apiKey: 'key-number-2' });
      const rows = await tenancy.asSuperuser(
        `SELECT version, state, envelope = '{}' AS erased FROM integration_versions WHERE tenant_id = $1 ORDER BY version`,
        [ref.tenantId],
      );

      expect(rows).toEqual([
        { version: 1, state: 'revoked', erased: true },
        { version: 2, state: 'active', erased: false },
      ]);
    });

    it('keeps several accounts with one provider apart', async () => {
      const other = { ...ref, name: 'marketing' };
      await put({ apiKey: 'key-number-1' });
      await admin.put(origin, other, { secrets: { apiKey: 'key-number-2' } });

      expect([await used(), await used(other)]).toEqual([{ apiKey: 'key-number-1' }, { apiKey: 'key-number-2' }]);
      expect((await tenancy.get(IntegrationViews).list(ref.tenantId)).map(({ name }) => name)).toEqual([
        'default',
        'marketing',
      ]);
    });
  });

  describe('input', () => {
    it.each<[string, Record<string, unknown>, Record<string, unknown>, string[]]>([
      ['a missing field', {}, {}, ['secrets.apiKey']],
      [
        'an unknown field (T30)',
        { apiKey: 'key-number-1', tenantId: 'x', kid: 'k' },
        { status: 'active' },
        ['secrets.tenantId', 'secrets.kid', 'config.status'],
      ],
      ['a wrong type', { apiKey: 12345678 }, { host: 'not a url' }, ['secrets.apiKey', 'config.host']],
      [
        'an address that may not be called (T17)',
        { apiKey: 'key-number-1' },
        { host: 'https://refused.test' },
        ['config.host'],
      ],
      ['CR/LF in a credential (T19)', { apiKey: 'key\r\nX-Evil: 1' }, {}, ['secrets.apiKey']],
      ['NUL in a credential (T19)', { apiKey: 'key-\u0000-number' }, {}, ['secrets.apiKey']],
      ['a tab in the configuration (T19)', { apiKey: 'key-number-1' }, { label: 'a\tb' }, ['config.label']],
      ['half of a surrogate pair', { apiKey: 'key-\ud800-number' }, {}, ['secrets.apiKey']],
      ['control characters deep inside', { apiKey: { a: ['\u0007'] } }, {}, ['secrets.apiKey.a.0']],
      ['something huge', { apiKey: 'x'.repeat(70_000) }, {}, ['secrets']],
      [
        '__proto__',
        JSON.parse('{"apiKey":"key-number-1","__proto__":{"x":1}}') as Record<string, unknown>,
        {},
        ['secrets.__proto__'],
      ],
    ])('refuses %s by name, never by value (T15)', async (_, secrets, config, paths) => {
      const error: unknown = await put(secrets, config).catch((reason: unknown) => reason);

      expect(error).toMatchObject({ code: 'INVALID_INPUT' });
      expect((error as { errors: { path: string }[] }).errors.map(({ path }) => path)).toEqual(paths);
      expect(inspect(error, { depth: 9 })).not.toMatch(/key-number|12345678|not a url|X-Evil|xxxx/);
      await expect(view()).rejects.toMatchObject({ code: 'INTEGRATION_NOT_FOUND' });
      expect(tenancy.probe.asked).toEqual([]);
    });

    it('knows its providers, names and owners', async () => {
      const save = (more: Partial<IntegrationRef>): Promise<unknown> =>
        admin.put(origin, { ...ref, ...more }, { secrets: { apiKey: 'key-number-1' } });

      await expect(save({ provider: 'nope' })).rejects.toMatchObject({ code: 'PROVIDER_NOT_FOUND' });
      await expect(save({ provider: 'bulk' })).rejects.toMatchObject({ code: 'CREDENTIALS_GLOBAL' });
      await expect(save({ name: 'Big Name' })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
      await expect(save({ tenantId: SYSTEM_TENANT_ID, provider: 'bulk' })).resolves.toBeUndefined();
    });

    it('finds nothing of another tenant (T01)', async () => {
      await put({ apiKey: 'key-number-1' });
      const foreign = { ...ref, tenantId: (await tenancy.tenant()).id };
      const calls = [
        () => view(foreign),
        () => admin.verify(origin, foreign),
        () => admin.patch(origin, foreign, { config: { label: 'x' } }),
        () => admin.rotate(origin, foreign, { secrets: { apiKey: 'key-number-2' } }),
        () => admin.activate(origin, foreign),
        () => admin.deactivate(origin, foreign),
        () => admin.delete(origin, foreign),
      ];
      for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'INTEGRATION_NOT_FOUND' });
      expect(await used()).toEqual({ apiKey: 'key-number-1' });
    });
  });

  describe('showing', () => {
    it('says whether a secret is set and whether it is the same one, never what it is (T15)', async () => {
      await put({ apiKey: 'key-number-1' }, { label: 'uno' });
      const before = await view();
      await admin.patch(origin, ref, { secrets: { webhookSecret: 'hook-secret' } });
      const after = await view();

      expect(before.secrets).toEqual({
        apiKey: { set: true, fingerprint: expect.stringMatching(/^[0-9a-f]{8}$/), source: 'tenant' },
        webhookSecret: { set: false, fingerprint: null, source: null },
      });
      expect(before).toMatchObject({ config: { label: 'uno' }, configSources: { label: 'tenant' }, model: 'tenant' });
      expect(after.secrets.apiKey).toEqual(before.secrets.apiKey);
      expect(after.secrets.webhookSecret).toMatchObject({ set: true });
      expect(JSON.stringify([before, after])).not.toMatch(/key-number|hook-secret|"ct"|wdk|envelope/);
    });

    it('shows equal secrets of two tenants as different', async () => {
      await put({ apiKey: 'key-number-1' });
      const other = { ...ref, tenantId: (await tenancy.tenant()).id };
      await admin.put(origin, other, { secrets: { apiKey: 'key-number-1' } });

      expect((await view()).secrets.apiKey).not.toEqual((await view(other)).secrets.apiKey);
    });

    it('keeps secrets out of the database and the trail, and the trail in order', async () => {
      await put({ apiKey: 'canary-7f3a9' });
      await admin.rotate(origin, ref, { secrets: { apiKey: 'canary-7f3a8' } });
      const rows = await tenancy.asSuperuser(
        `SELECT to_jsonb(i)::text FROM tenant_integrations i UNION ALL SELECT to_jsonb(v)::text FROM integration_versions v
         UNION ALL SELECT to_jsonb(a)::text FROM audit_entries a`,
      );

      expect(JSON.stringify(rows)).not.toContain('canary-7f3a');
      expect(await tenancy.get(AuditVerifier).verify(ref.tenantId)).toMatchObject({ ok: true });
    });

    it('does not repeat what a provider says about our secret (T13)', async () => {
      tenancy.probe.answer = ({ secrets }) => {
        const key = String(secrets.reveal().apiKey);
        return { kind: 'unauthorized', code: `Bad-${key}`, message: `wrong key ${key}` };
      };
      const error: unknown = await put({ apiKey: 'canary-7f3a9' }).catch((reason: unknown) => reason);

      expect(error).toMatchObject({ code: 'CREDENTIALS_REJECTED', providerCode: null });
      expect(
        JSON.stringify([await view(), await tenancy.get(AuditLog).list(ref.tenantId), inspect(error)]),
      ).not.toContain('canary');
    });

    it('gives the time of creation in UTC', async () => {
      await put({ apiKey: 'key-number-1' });
      expect(Math.abs((await view()).createdAt.getTime() - Date.now())).toBeLessThan(60_000);
    });
  });

  describe('changing', () => {
    it('carries over what is not sent, and removes what is null', async () => {
      await put({ apiKey: 'key-number-1', webhookSecret: 'hook-secret' }, { label: 'uno' });
      await admin.patch(origin, ref, { secrets: { webhookSecret: null }, config: { label: 'dos' } });

      expect(await used()).toEqual({ apiKey: 'key-number-1' });
      expect((await view()).config).toEqual({ label: 'dos' });
      await expect(admin.patch(origin, ref, { secrets: { apiKey: null } })).rejects.toMatchObject({
        errors: [{ path: 'secrets.apiKey', message: 'is required' }],
      });
    });

    it('demands the secrets again when the host changes; another host never sees them (T12)', async () => {
      await put({ apiKey: 'key-number-1', webhookSecret: 'hook-secret' }, { host: 'https://api.acme.test' });
      tenancy.probe.asked.length = 0;
      const attacks = [
        { config: { host: 'https://attacker.test' } },
        { config: { host: null } },
        { config: { host: 'https://attacker.test' }, secrets: { webhookSecret: 'hook-secret' } },
      ];
      for (const attack of attacks)
        await expect(admin.patch(origin, ref, attack)).rejects.toMatchObject({ code: 'SECRETS_REQUIRED' });
      await expect(
        admin.rotate(origin, ref, {
          secrets: { webhookSecret: 'new-hook' },
          config: { host: 'https://attacker.test' },
        }),
      ).rejects.toMatchObject({
        code: 'SECRETS_REQUIRED',
        because: ['config.host'],
        errors: [{ path: 'secrets.apiKey', message: 'must be sent again' }],
      });
      await expect(put({}, { host: 'https://attacker.test' })).rejects.toMatchObject({ code: 'INVALID_INPUT' });

      expect(tenancy.probe.asked).toEqual([]);
      expect((await view()).versions).toHaveLength(1);
      const moved = {
        secrets: { apiKey: 'key-number-2', webhookSecret: 'hook-2' },
        config: { host: 'https://new.acme.test' },
      };
      await admin.patch(origin, ref, moved);
      expect(await used()).toEqual(moved.secrets);
    });

    it('does not let the host go in two steps: staged first, the secret after (T12)', async () => {
      await put({ apiKey: 'key-number-1' });
      await put({ apiKey: 'attackers-own' }, { host: 'https://attacker.test' }, { activate: false });
      tenancy.probe.asked.length = 0;
      await admin.patch(origin, ref, { config: { label: 'x' } });

      expect(tenancy.probe.asked).toMatchObject([{ config: { host: 'https://api.acme.test' } }]);
    });

    it('refuses a change that began from an older version', async () => {
      await put({ apiKey: 'key-number-1' });
      await admin.patch(origin, ref, { config: { label: 'uno' }, version: 1 });
      const late = [
        () => admin.patch(origin, ref, { config: { label: 'dos' }, version: 1 }),
        () => put({ apiKey: 'key-number-2' }, {}, { version: 1 }),
        () => admin.rotate(origin, ref, { secrets: { apiKey: 'key-number-2' }, version: 1 }),
      ];
      for (const change of late) await expect(change()).rejects.toMatchObject({ code: 'INTEGRATION_VERSION_CONFLICT' });
      expect((await view()).config).toEqual({ label: 'uno' });
    });

    it('switches off, on again, and removes', async () => {
      await put({ apiKey: 'key-number-1' });
      await admin.deactivate(origin, ref);
      await admin.deactivate(origin, ref);
      await expect(used()).rejects.toMatchObject({ code: 'CREDENTIALS_INACTIVE' });
      tenancy.probe.answer = () => ({ kind: 'unauthorized' });
      await expect(admin.activate(origin, ref)).rejects.toMatchObject({ code: 'CREDENTIALS_REJECTED' });
      await expect(used()).rejects.toMatchObject({ code: 'CREDENTIALS_INACTIVE' });
      tenancy.probe.answer = () => ok;
      await admin.activate(origin, ref);
      expect(await used()).toEqual({ apiKey: 'key-number-1' });
      await admin.delete(origin, ref);

      await expect(used()).rejects.toMatchObject({ code: 'CREDENTIALS_MISSING' });
      expect((await actions()).filter((action) => /deactivated|deleted/.test(action))).toHaveLength(2);
      const left = await tenancy.asSuperuser(`SELECT FROM integration_versions WHERE tenant_id = $1`, [ref.tenantId]);
      expect(left).toEqual([]);
    });
  });

  describe('rotating', () => {
    const skew = (days: number): Promise<unknown> =>
      tenancy.asSuperuser(`UPDATE clock_skew SET skew = make_interval(days => $1)`, [days]);
    afterEach(() => skew(0));

    it('lets the old secret retire for the overlap, then erases it', async () => {
      await put({ apiKey: 'key-number-1' });
      await admin.rotate(origin, ref, { secrets: { apiKey: 'key-number-2' }, overlapHours: 20 });
      expect(await used()).toEqual({ apiKey: 'key-number-2' });
      expect((await view()).versions).toMatchObject([
        { state: 'active' },
        { state: 'retiring', retireAt: expect.any(Date) },
      ]);
      expect(await tenancy.get(RetiredSecrets).sweep()).toBe(0);
      await skew(1);

      expect(await tenancy.get(RetiredSecrets).sweep()).toBeGreaterThanOrEqual(1); // other tests left some too
      expect((await view()).versions).toMatchObject([{ version: 2 }]);
      expect((await actions())[0]).toBe('integration.version_revoked done');
      expect(await used()).toEqual({ apiKey: 'key-number-2' });
    });

    it('needs something new, and a sensible overlap', async () => {
      await put({ apiKey: 'key-number-1' });
      const rotate = (secrets: Record<string, unknown>, overlapHours = 1): Promise<void> =>
        admin.rotate(origin, ref, { secrets, overlapHours });

      await expect(rotate({ apiKey: 'key-number-1' })).rejects.toMatchObject({ code: 'SECRETS_UNCHANGED' });
      await expect(rotate({})).rejects.toMatchObject({ code: 'SECRETS_UNCHANGED' });
      for (const hours of [-1, 169, Number.NaN])
        await expect(rotate({ apiKey: 'key-number-2' }, hours)).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    });

    it('starts the 90 days anew for a new secret only, and warns 14 days before', async () => {
      await put({ apiKey: 'key-number-1' });
      const views = tenancy.get(IntegrationViews);
      const dueAt = (await view()).rotation.dueAt!;
      expect(Math.round((dueAt.getTime() - Date.now()) / 86_400_000)).toBe(90);
      await skew(75);
      await admin.patch(origin, ref, { config: { label: 'x' } });
      await put({ apiKey: 'key-number-1', webhookSecret: 'added' });
      expect((await view()).rotation).toEqual({ dueAt, state: 'ok' });
      const due = async () => (await views.list(ref.tenantId, ['due', 'overdue'])).map(({ rotation }) => rotation);
      expect(await due()).toEqual([]);
      await skew(77);
      expect((await view()).rotation.state).toBe('due');
      expect(await due()).toEqual([{ dueAt, state: 'due' }]);
      expect(await views.list(ref.tenantId, ['overdue'])).toEqual([]);
      await skew(91);
      expect(await due()).toEqual([{ dueAt, state: 'overdue' }]);
      await admin.rotate(origin, ref, { secrets: { apiKey: 'key-number-2' } });
      expect(await due()).toEqual([]);
    });

    describe('and back', () => {
      const states = async () => (await view()).versions.map(({ version, state }) => `${String(version)} ${state}`);
      const rotated = async (overlapHours = 24): Promise<void> => {
        await put({ apiKey: 'key-number-1' });
        await skew(30);
        await admin.rotate(origin, ref, { secrets: { apiKey: 'key-number-2' }, overlapHours });
      };

      it('uses the old secret again, after asking the provider, with the days it had left', async () => {
        await put({ apiKey: 'key-number-1' });
        const { dueAt } = (await view()).rotation;
        await rotated();
        const [, retiring] = (await view()).versions;
        tenancy.probe.asked.length = 0;
        tenancy.mended.told.length = 0;
        await admin.rollBackRotation(origin, ref);

        expect(await used()).toEqual({ apiKey: 'key-number-1' });
        expect(tenancy.probe.asked.map(({ secrets }) => secrets.reveal().apiKey)).toEqual(['key-number-1']);
        expect(await states()).toEqual(['2 active']);
        expect(await view()).toMatchObject({
          activeVersion: 2,
          rotation: { dueAt },
          versions: [{ retireAt: null, fingerprints: retiring?.fingerprints }],
        });
        expect(tenancy.mended.told).toHaveLength(1);
        expect((await actions())[0]).toBe('integration.rolled_back done');
        await admin.patch(origin, ref, { config: { label: 'x' }, version: (await view()).version });
      });

      it('stays with the new one when the provider knows the old one no more', async () => {
        await rotated();
        tenancy.probe.answer = () => ({ kind: 'unauthorized', code: 'gone' });
        await expect(admin.rollBackRotation(origin, ref)).rejects.toMatchObject({ code: 'CREDENTIALS_REJECTED' });

        expect(await used()).toEqual({ apiKey: 'key-number-2' });
        expect(await states()).toEqual(['2 active', '1 retiring']);
      });

      it('is impossible once the overlap is over: at its time, at once, or because somebody ended it', async () => {
        await rotated(0);
        await expect(admin.rollBackRotation(origin, ref)).rejects.toMatchObject({ code: 'ROTATION_OVER' });
        await admin.rotate(origin, ref, { secrets: { apiKey: 'key-number-3' } });
        await admin.finishRotation(origin, ref);
        await admin.finishRotation(origin, ref);

        await expect(admin.rollBackRotation(origin, ref)).rejects.toMatchObject({ code: 'ROTATION_OVER' });
        expect(await states()).toEqual(['3 active']);
        expect((await actions()).filter((action) => action === 'integration.version_revoked done')).toHaveLength(1);
        const [erased] = await tenancy.asSuperuser(
          `SELECT envelope FROM integration_versions WHERE tenant_id = $1 AND version = 2`,
          [ref.tenantId],
        );
        expect(erased).toEqual({ envelope: {} });
      });

      it('loses against somebody who ends the overlap meanwhile', async () => {
        await rotated();
        tenancy.probe.answer = async () => {
          await admin.finishRotation(origin, ref);
          return ok;
        };
        await expect(admin.rollBackRotation(origin, ref)).rejects.toMatchObject({
          code: 'INTEGRATION_VERSION_CONFLICT',
        });
        expect(await used()).toEqual({ apiKey: 'key-number-2' });
      });
    });

    it('of two at once one wins and the other hears of it (T11)', async () => {
      await put({ apiKey: 'key-number-1' });
      const probing = overlap(2);
      tenancy.probe.answer = probing.answer;
      const results = await Promise.allSettled(
        ['key-number-2', 'key-number-3'].map((apiKey) => admin.rotate(origin, ref, { secrets: { apiKey } })),
      );
      const won = results.findIndex(({ status }) => status === 'fulfilled');

      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
        reason: { code: 'INTEGRATION_VERSION_CONFLICT' },
      });
      expect(probing.most()).toBe(2);
      expect(await used()).toEqual({ apiKey: `key-number-${String(won + 2)}` });
      const active = await tenancy.asSuperuser(
        `SELECT FROM integration_versions WHERE tenant_id = $1 AND state = 'active'`,
        [ref.tenantId],
      );
      expect(active).toHaveLength(1);
    });

    it('of two at once that both began from version 1, the second is refused before any probe (T11)', async () => {
      await put({ apiKey: 'key-number-1' });
      tenancy.probe.asked.length = 0;
      const results = await Promise.allSettled(
        ['key-number-2', 'key-number-3'].map((apiKey) =>
          admin.rotate(origin, ref, { secrets: { apiKey }, version: 1 }),
        ),
      );

      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
        reason: { code: 'INTEGRATION_VERSION_CONFLICT' },
      });
      expect(tenancy.probe.asked).toHaveLength(1);
    });

    it('is not disturbed when the integration is deleted meanwhile', async () => {
      await put({ apiKey: 'key-number-1' });
      tenancy.probe.answer = async () => {
        await admin.delete(origin, ref);
        return ok;
      };
      const rotation = admin.rotate(origin, ref, { secrets: { apiKey: 'key-number-2' } });
      await expect(rotation).rejects.toMatchObject({ code: expect.stringMatching(/VERSION_CONFLICT|NOT_FOUND/) });
    });
  });
});

/** A probe that answers nobody before `count` have asked, so that they really overlap. */
function overlap(count: number): { answer: () => Promise<Outcome>; most: () => number } {
  const waiting: (() => void)[] = [];
  let most = 0;
  return {
    most: () => most,
    answer: () =>
      new Promise((resolve) => {
        waiting.push(() => resolve(ok));
        most = Math.max(most, waiting.length);
        if (waiting.length === count) for (const go of waiting) go();
      }),
  };
}
