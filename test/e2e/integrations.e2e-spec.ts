import { sandboxDataDir, sandboxFacts } from '../support/sandbox';
import { type Answer, bodyOf, onAnswer, statusAndCode } from '../support/sandbox-client';
import { leaksIn } from '../support/sandbox-leaks';
import { CANARY, freshAwsKey, type ReadyTenant, SandboxTenant } from '../support/sandbox-tenant';

interface IntegrationView {
  readonly provider: string;
  readonly isActive: boolean;
  readonly version: number;
  readonly activeVersion: number | null;
  readonly config: Readonly<Record<string, unknown>>;
  readonly secrets: Readonly<Record<string, { readonly set: boolean; readonly fingerprint: string | null }>>;
  readonly rotation: { readonly dueAt: string | null; readonly state: string | null };
}

describe('integrations', () => {
  const SNS = '/v1/integrations/sns';
  const heard: Answer[] = [];
  let tenant: ReadyTenant;
  const config = () => ({ region: 'us-east-1', endpoint: sandboxFacts().sandboxUrl });
  const view = async () => bodyOf<IntegrationView>(await tenant.admin.get(SNS), 200);

  beforeAll(async () => {
    onAnswer((answer) => heard.push(answer));
    tenant = await SandboxTenant.createReady(sandboxFacts());
  });

  it('shows which secrets are set, a fingerprint of each, and when they must be rotated', async () => {
    const { secrets, rotation, ...rest } = await view();
    expect(rest).toMatchObject({ provider: 'sns', isActive: true, config: config() });
    expect(secrets['secretAccessKey']).toEqual({
      set: true,
      fingerprint: expect.stringMatching(/^[0-9a-f]{8}$/) as string,
      source: 'tenant',
    });
    expect(secrets['sessionToken']).toMatchObject({ set: false });
    const days = (Date.parse(rotation.dueAt ?? '') - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(89);
    expect(days).toBeLessThanOrEqual(90);
  });

  it('lists them', async () => {
    const { items } = bodyOf<{ items: IntegrationView[] }>(await tenant.admin.get('/v1/integrations'), 200);
    expect(items.map(({ provider }) => provider).sort()).toEqual(['lambda', 'sns', 'sqs']);
  });

  it('gives a lane a number of its own of calls at once, audited, and takes it back', async () => {
    const patch = (body: object, query = '') => tenant.admin.patch(`${SNS}/lanes${query}`, body);
    const capped = bodyOf(await patch({ laneKey: 'default/a', maxInFlight: 3 }), 200);
    expect(capped).toMatchObject({ provider: 'sns', laneKey: 'default/a', state: 'closed', maxInFlight: 3 });
    expect(bodyOf(await tenant.admin.get(`${SNS}/lanes`), 200)).toEqual({ items: [capped] });

    for (const body of [
      { laneKey: 'default/a', maxInFlight: 0 },
      { laneKey: 'default/a' },
      { laneKey: 'defaulter', maxInFlight: 1 },
      { laneKey: 'default', maxInFlight: 1, other: 1 },
    ])
      expect(statusAndCode(await patch(body))).toEqual([422, 'INVALID_INPUT']);
    const elsewhere = await patch({ laneKey: 'other', maxInFlight: 1 }, '?name=other');
    expect(statusAndCode(elsewhere)).toEqual([404, 'INTEGRATION_NOT_FOUND']);

    bodyOf(await patch({ laneKey: 'default/a', maxInFlight: null }), 200);
    expect(bodyOf(await tenant.admin.get(`${SNS}/lanes`), 200)).toEqual({ items: [] });
    const { items } = bodyOf<{ items: { action: string; target: string; detail: object }[] }>(
      await tenant.audit.get('/v1/audit'),
      200,
    );
    expect(
      items.filter(({ action }) => action === 'lane.capped').map(({ target, detail }) => [target, detail]),
    ).toEqual([
      ['sns/default', { lane: 'default/a', maxInFlight: null }],
      ['sns/default', { lane: 'default/a', maxInFlight: 3 }],
    ]);
  });

  it('rotates to a new key; the fingerprint changes, the version counts on', async () => {
    const before = await view();
    bodyOf(await tenant.admin.post(`${SNS}/rotate`, { secrets: freshAwsKey(), overlapHours: 0 }), 200);
    const after = await view();
    expect(after.version).toBe(before.version + 1);
    expect(after.activeVersion).toBe(after.version);
    expect(after.secrets['secretAccessKey']?.fingerprint).not.toBe(before.secrets['secretAccessKey']?.fingerprint);
  });

  it('refuses a rotation to the same key, and one from an old version', async () => {
    const key = freshAwsKey();
    bodyOf(await tenant.admin.post(`${SNS}/rotate`, { secrets: key }), 200);
    expect(statusAndCode(await tenant.admin.post(`${SNS}/rotate`, { secrets: key }))).toEqual([
      422,
      'SECRETS_UNCHANGED',
    ]);
    const answer = await tenant.admin.patch(SNS, { config: config(), version: 1 });
    expect(statusAndCode(answer)).toEqual([409, 'INTEGRATION_VERSION_CONFLICT']);
  });

  it('demands the secrets again when the endpoint changes', async () => {
    const elsewhere = { ...config(), endpoint: sandboxFacts().sandboxUrl.replace('127.0.0.1', 'localhost') };
    const answer = await tenant.admin.patch(SNS, { config: elsewhere });
    expect(answer.status).toBe(422);
    expect((await view()).config).toMatchObject(config());
  });

  it.each([
    ['CR and LF', 'a\r\nX-Injected: 1'],
    ['NUL', 'a\u0000b'],
    ['a character outside ASCII', 'contraseña'],
    ['only spaces', '   '],
  ])('refuses %s in a secret when it is saved, and does not repeat it (T19)', async (_, bad) => {
    const secretAccessKey = `${CANARY}${bad}`;
    const answer = await tenant.admin.put(SNS, {
      secrets: { accessKeyId: `AKID${CANARY}`, secretAccessKey },
      config: config(),
    });
    expect(answer.status).toBe(422);
    expect(answer.text).toContain('secretAccessKey');
  });

  it.each([
    ['unknown secrets', { secrets: { ...freshAwsKey(), password: `${CANARY}x` }, config: { region: 'us-east-1' } }],
    ['half a key', { secrets: { accessKeyId: `AKID${CANARY}` }, config: { region: 'us-east-1' } }],
    ['a region that is none', { secrets: freshAwsKey(), config: { region: 'mars' } }],
    ['a model of its own', { secrets: freshAwsKey(), config: { region: 'us-east-1' }, model: 'global' }],
    ['an inherited name', { secrets: { constructor: `${CANARY}x` }, config: { region: 'us-east-1' } }],
  ])('refuses %s', async (_, body) => {
    expect((await tenant.admin.put(SNS, body)).status).toBe(422);
  });

  it('keeps two accounts with one provider apart', async () => {
    bodyOf(await tenant.admin.put(`${SNS}?name=marketing`, { secrets: freshAwsKey(), config: config() }));
    const { items } = bodyOf<{ items: (IntegrationView & { name: string })[] }>(
      await tenant.admin.get('/v1/integrations'),
      200,
    );
    expect(
      items
        .filter(({ provider }) => provider === 'sns')
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['default', 'marketing']);
    expect((await tenant.admin.delete(`${SNS}?name=marketing`)).status).toBe(204);
    expect(statusAndCode(await tenant.admin.get(`${SNS}?name=marketing`))).toEqual([404, 'INTEGRATION_NOT_FOUND']);
  });

  it('is not used while it is switched off', async () => {
    await tenant.register('sns', freshAwsKey()); // activate takes the newest version, and that was a refused one
    bodyOf(await tenant.admin.post(`${SNS}/deactivate`), 200, 204);
    const call = () => tenant.client.post(`${SNS}/operations/publish`, { topicArn: tenant.topicArn, message: 'm' });
    expect(statusAndCode(await call())).toEqual([409, 'CREDENTIALS_INACTIVE']);
    bodyOf(await tenant.admin.post(`${SNS}/activate`), 200, 204);
    expect((await call()).status).toBe(200);
  });

  it('says no secret in any answer or log', () => {
    expect(heard.length).toBeGreaterThan(20);
    expect(heard.filter(({ text }) => text.includes(CANARY)).map(({ text }) => text)).toEqual([]);
    expect(leaksIn(sandboxDataDir())).toEqual([]);
  });
});
