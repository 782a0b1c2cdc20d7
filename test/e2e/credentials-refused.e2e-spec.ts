import { randomUUID } from 'node:crypto';
import { control, sandboxFacts } from '../support/sandbox';
import { bodyOf, statusAndCode } from '../support/sandbox-client';
import { freshAwsKey, type ReadyTenant, SandboxTenant } from '../support/sandbox-tenant';
import { until } from '../support/sandbox-until';

interface OperationView {
  readonly id: string;
  readonly state: string;
  readonly attempt: number;
  readonly failure: string | null;
}

/** An expired or wrong AWS key: the lane pauses, what was accepted waits, and nothing is lost. */
describe('an AWS key that is revoked', () => {
  let tenant: ReadyTenant;
  const revoke = (accessKeyId: string) => control().post('/_sandbox/aws/revoke', { accessKeyId });
  const some = () => ({ topic: tenant.topicArn, subject: 's', message: `m ${randomUUID()}` });

  beforeEach(async () => {
    tenant = await SandboxTenant.createReady(sandboxFacts());
  });

  it('pauses publishing until a good key is put, then publishes everything that waited, once and in order', async () => {
    const publisher = freshAwsKey();
    await tenant.register('sns', publisher);
    bodyOf(await revoke(publisher.accessKeyId));
    const bodies = [some(), some(), some()];
    const ids: string[] = [];
    for (const body of bodies) ids.push(bodyOf<{ id: string }>(await tenant.notify(body), 202).id);
    const waiting = await until(() => refused('sns'), { withinMs: 15_000, what: 'a publish was refused' });
    expect(waiting).toMatchObject({ state: 'queued', attempt: 0 });

    await tenant.register('sns', freshAwsKey());
    for (const id of ids) await tenant.journeyEnds(id, 'published');
    expect((await tenant.received(tenant.topicArn)).map(({ message }) => message)).toEqual(
      bodies.map(({ message }) => message),
    );
    expect(await events()).toEqual([
      ['credentials.recovered', 'integration:sns/default'],
      ['credentials.refused', 'integration:sns/default'],
    ]);
  });

  it('keeps what was accepted while the queue cannot be reached, and goes on once the key is good again', async () => {
    bodyOf(await revoke(tenant.aws.accessKeyId));
    const body = some();
    const { id } = bodyOf<{ id: string }>(await tenant.notify(body), 202);
    await until(() => refused('sqs'), { withinMs: 15_000, what: 'a send was refused' });
    expect(await tenant.notification(id)).toMatchObject({
      status: 'accepted',
      reason: { code: 'InvalidClientTokenId' },
    });

    bodyOf(await control().post('/_sandbox/aws/restore', { accessKeyId: tenant.aws.accessKeyId }));
    for (const provider of ['sqs', 'sns']) bodyOf(await tenant.admin.post(`/v1/integrations/${provider}/verify`));
    await tenant.journeyEnds(id, 'published', 30_000);
    expect((await tenant.received(tenant.topicArn)).map(({ message }) => message)).toEqual([body.message]);
  });

  it('answers 424 to a synchronous call', async () => {
    bodyOf(await revoke(tenant.aws.accessKeyId));
    const answer = await tenant.client.post('/v1/integrations/sns/operations/getTopicAttributes', {
      topicArn: tenant.topicArn,
    });
    expect(statusAndCode(answer)).toEqual([424, 'CREDENTIALS_REJECTED']);
  });

  it('is not used when it is put: the one before stays', async () => {
    const bad = freshAwsKey();
    bodyOf(await revoke(bad.accessKeyId));
    const config = { region: 'us-east-1', endpoint: sandboxFacts().sandboxUrl };
    expect(statusAndCode(await tenant.admin.put('/v1/integrations/sns', { secrets: bad, config }))).toEqual([
      424,
      'CREDENTIALS_REJECTED',
    ]);
    const { id } = bodyOf<{ id: string }>(await tenant.notify(some()), 202);
    await tenant.journeyEnds(id, 'published');
  });

  it('of one tenant stops no other (T32)', async () => {
    const other = await SandboxTenant.createReady(sandboxFacts());
    bodyOf(await revoke(tenant.aws.accessKeyId));
    bodyOf(await tenant.notify(some()), 202);
    const { id } = bodyOf<{ id: string }>(
      await other.notify({ topic: other.topicArn, subject: 's', message: 'm' }),
      202,
    );
    await other.journeyEnds(id, 'published');
  });

  async function events(): Promise<string[][]> {
    const page = bodyOf<{ items: { type: string; subject: string }[] }>(await tenant.audit.get('/v1/operator-events'));
    return page.items.map(({ type, subject }) => [type, subject]);
  }

  async function refused(provider: string): Promise<OperationView | undefined> {
    const { items } = bodyOf<{ items: OperationView[] }>(
      await tenant.client.get(`/v1/operations?provider=${provider}`),
    );
    return items.find(({ state, failure }) => state === 'queued' && failure?.startsWith('unauthorized'));
  }
});
