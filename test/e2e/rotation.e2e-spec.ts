import { setTimeout as sleep } from 'node:timers/promises';
import { control, sandboxFacts } from '../support/sandbox';
import { type Answer, bodyOf, statusAndCode } from '../support/sandbox-client';
import { type AwsKey, freshAwsKey, type ReadyTenant, SandboxTenant } from '../support/sandbox-tenant';

interface Integration {
  readonly activeVersion: number;
  readonly secrets: Readonly<Record<string, { readonly fingerprint: string }>>;
  readonly versions: readonly {
    readonly version: number;
    readonly state: string;
    readonly retireAt: string | null;
    readonly fingerprints: Readonly<Record<string, string>>;
  }[];
}

const revoke = async (key: AwsKey) =>
  bodyOf(await control().post('/_sandbox/aws/revoke', { accessKeyId: key.accessKeyId }));

describe('credentials that rotate under load', () => {
  const CALLS = 250;
  const EVERY_MS = 20;
  const ROTATE_AT = [50, 110, 170];
  /** Each message reaches the access check this late, so that some are always on their way when a key is withdrawn. */
  const ON_THE_WAY_MS = 400;
  const keys = { sns: freshAwsKey(), sqs: freshAwsKey() };
  let tenant: ReadyTenant;

  beforeAll(async () => {
    tenant = await SandboxTenant.createReady(sandboxFacts());
    for (const provider of ['sns', 'sqs'] as const) {
      await tenant.register(provider, keys[provider]);
      const operation = provider === 'sns' ? 'Publish' : 'SendMessage';
      const late = { operation, match: tenant.name, applyAfterMs: ON_THE_WAY_MS, times: 10 * CALLS };
      bodyOf(await control().post(`/_sandbox/${provider}/faults`, late), 201);
    }
  });

  /** The new key in, and the old one withdrawn at AWS the moment the rotation has answered. */
  const rotate = async (provider: 'sns' | 'sqs'): Promise<void> => {
    const [before, after] = [keys[provider], freshAwsKey()];
    bodyOf(await tenant.admin.post(`/v1/integrations/${provider}/rotate`, { secrets: after }), 200);
    await revoke(before);
    keys[provider] = after;
  };
  /** Three calls whose caller waits, then one for the background. */
  const call = (n: number): Promise<Answer> => {
    const message = `call ${String(n)}`;
    const input = { topicArn: tenant.topicArn, subject: 's', message };
    return n % 4 === 3
      ? tenant.notify({ topic: tenant.topicArn, subject: 's', message, group: `g${String(n)}` })
      : tenant.client.post('/v1/integrations/sns/operations/publish', input);
  };

  it('fails no call at 50 calls a second while three keys are replaced and withdrawn', async () => {
    const answers: Promise<Answer>[] = [];
    let rotating = Promise.resolve();
    const begun = performance.now();
    for (let n = 0; n < CALLS; n += 1) {
      await sleep(Math.max(0, begun + n * EVERY_MS - performance.now()));
      if (ROTATE_AT.includes(n)) rotating = rotating.then(() => rotate('sns')).then(() => rotate('sqs'));
      answers.push(call(n));
    }
    await rotating;
    const failed = (await Promise.all(answers))
      .map(statusAndCode)
      .filter(([status], n) => status !== (n % 4 === 3 ? 202 : 200));
    expect(failed).toEqual([]);

    const accepted = (await Promise.all(answers)).filter((_, n) => n % 4 === 3);
    for (const answer of accepted) await tenant.journeyEnds(bodyOf<{ id: string }>(answer).id, 'published', 30_000);
    const received = (await tenant.received(tenant.topicArn)).map(({ message }) => message);
    expect(received.sort()).toEqual(Array.from({ length: CALLS }, (_, n) => `call ${String(n)}`).sort());
    expect(bodyOf(await tenant.audit.get('/v1/operator-events'))).toEqual({ items: [], next: null });
    for (const provider of Object.keys(keys))
      expect(bodyOf<Integration>(await tenant.admin.get(`/v1/integrations/${provider}`)).activeVersion).toBe(5);
  }, 60_000);
});

describe('a rotation', () => {
  let tenant: SandboxTenant;
  const read = async () => bodyOf<Integration>(await tenant.admin.get('/v1/integrations/sns'), 200);
  const rotate = (body: object) => tenant.admin.post('/v1/integrations/sns/rotate', body);
  const states = ({ versions }: Integration) => versions.map(({ version, state }) => `${String(version)} ${state}`);

  beforeAll(async () => {
    tenant = await SandboxTenant.create(sandboxFacts());
    await tenant.register('sns');
  });

  it('keeps the old key for the overlap, and can be taken back until then', async () => {
    const before = await read();
    const rotated = bodyOf<Integration>(await rotate({ secrets: freshAwsKey(), overlapHours: 1 }), 200);
    expect(states(rotated)).toEqual(['2 active', '1 retiring']);
    expect(rotated.versions[1]).toMatchObject({
      retireAt: expect.any(String),
      fingerprints: { accessKeyId: before.secrets['accessKeyId']?.fingerprint },
    });

    const back = bodyOf<Integration>(await tenant.admin.post('/v1/integrations/sns/rotate/rollback'), 200);
    expect(states(back)).toEqual(['1 active']);
    expect(back.secrets).toEqual(before.secrets);
  });

  it('can be finished at once, and then there is no way back', async () => {
    bodyOf(await rotate({ secrets: freshAwsKey() }), 200);
    const finished = bodyOf<Integration>(await tenant.admin.post('/v1/integrations/sns/rotate/finish'), 200);
    expect(states(finished)).toEqual(['3 active']);
    expect(statusAndCode(await tenant.admin.post('/v1/integrations/sns/rotate/rollback'))).toEqual([
      409,
      'ROTATION_OVER',
    ]);
  });

  it('is refused when somebody else was faster, and for keys that do not work or change nothing', async () => {
    const [good, bad] = [freshAwsKey(), freshAwsKey()];
    await revoke(bad);
    expect(statusAndCode(await rotate({ secrets: good, version: 1 }))).toEqual([409, 'INTEGRATION_VERSION_CONFLICT']);
    expect(statusAndCode(await rotate({ secrets: bad }))).toEqual([424, 'CREDENTIALS_REJECTED']);
    bodyOf(await rotate({ secrets: good }), 200);
    expect(statusAndCode(await rotate({ secrets: good }))).toEqual([422, 'SECRETS_UNCHANGED']);
    expect(statusAndCode(await rotate({ secrets: freshAwsKey(), overlapHours: 169 }))).toEqual([422, 'INVALID_INPUT']);
  });

  it('is due for the tenant, its auditors and the platform to see', async () => {
    for (const reader of [tenant.admin, tenant.audit])
      expect(bodyOf(await reader.get('/v1/integrations?rotation=due,overdue'), 200)).toEqual({ items: [] });
    expect(statusAndCode(await tenant.admin.get('/v1/integrations?rotation=soon'))).toEqual([422, 'INVALID_INPUT']);
    const platform = tenant.admin.as(sandboxFacts().keys.platform);
    expect(bodyOf(await platform.get('/v1/rotations?state=overdue&limit=10'), 200)).toEqual({ items: [], next: null });
    expect(statusAndCode(await tenant.admin.get('/v1/rotations'))).toEqual([403, 'FORBIDDEN']);
    expect(statusAndCode(await tenant.client.get('/v1/operator-events'))).toEqual([403, 'FORBIDDEN']);
  });
});
