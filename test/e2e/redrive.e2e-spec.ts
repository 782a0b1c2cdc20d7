import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { randomUUID } from 'node:crypto';
import { control, sandboxFacts } from '../support/sandbox';
import { puente } from '../support/sandbox-cli';
import { bodyOf, statusAndCode } from '../support/sandbox-client';
import { type ReadyTenant, SandboxTenant } from '../support/sandbox-tenant';
import { until } from '../support/sandbox-until';

interface Letter {
  readonly id: string;
  readonly state: string;
  readonly cause: string;
  readonly reason: string;
  readonly notificationId: string | null;
  readonly redrives: number;
}

const LETTERS = '/v1/notifications/dead-letters';

describe('dead letters', () => {
  let tenant: ReadyTenant;

  beforeAll(async () => {
    tenant = await SandboxTenant.createReady(sandboxFacts());
  });

  const waiting = async (): Promise<Letter[]> =>
    bodyOf<{ items: Letter[] }>(await tenant.admin.get(`${LETTERS}?state=waiting`)).items;

  const bury = async (text: string): Promise<string> => {
    const order = { operation: 'Publish', status: 400, code: 'InvalidParameter', message: 'no', match: text, times: 1 };
    bodyOf(await control().post('/_sandbox/sns/faults', order), 201);
    const notified = await tenant.notify({ topic: tenant.topicArn, subject: 'Aviso', message: text, group: 'g' });
    const { id } = bodyOf<{ id: string }>(notified, 202);
    await tenant.journeyEnds(id, 'dead_lettered');
    return id;
  };

  const copiesAre = (depth: number) =>
    until(async () => bodyOf<{ depth: number }>(await tenant.admin.get(`${LETTERS}/queue`)).depth === depth, {
      withinMs: 20_000,
      what: `${String(depth)} messages are in the dead-letter queue`,
    });

  it('are listed with their reason and sent back one by one, by administrators of their own tenant only', async () => {
    const stranger = await SandboxTenant.create(sandboxFacts());
    const [id, other] = [await bury('una-carta'), await bury('otra-carta')];
    await copiesAre(2);
    const letter = (await waiting()).find(({ notificationId }) => notificationId === id);
    const path = `${LETTERS}/${letter?.id ?? ''}`;
    expect(letter).toMatchObject({
      cause: 'refused',
      reason: expect.stringContaining('InvalidParameter'),
      redrives: 0,
    });

    expect(statusAndCode(await tenant.client.post(`${path}/redrive`))).toEqual([403, 'FORBIDDEN']);
    expect(statusAndCode(await tenant.audit.post(`${path}/redrive`))).toEqual([403, 'FORBIDDEN']);
    expect(statusAndCode(await stranger.admin.post(`${path}/redrive`))).toEqual([404, 'DEAD_LETTER_NOT_FOUND']);
    const key = { 'idempotency-key': randomUUID() };
    const [first, again] = [
      await tenant.admin.post(`${path}/redrive`, undefined, key),
      await tenant.admin.post(`${path}/redrive`, undefined, key),
    ];

    expect([first.status, again.status, first.headers.location]).toEqual([202, 202, path]);
    const { steps } = await tenant.journeyEnds(id, 'published');
    expect(steps.map(({ step }) => step)).toEqual([
      'accepted',
      'queued',
      'dead_lettered',
      'redriven',
      'handled',
      'published',
    ]);
    await copiesAre(1);
    expect(statusAndCode(await tenant.admin.post(`${path}/redrive`))).toEqual([409, 'DEAD_LETTER_NOT_WAITING']);
    expect(bodyOf<Letter>(await tenant.audit.get(path))).toMatchObject({ state: 'redriven', redrives: 1 });
    expect((await waiting()).map(({ notificationId }) => notificationId)).toEqual([other]);
    expect((await tenant.received(tenant.topicArn)).map(({ message }) => message)).toEqual(['una-carta']);
  });

  it('go back all together at a pace, from the command line too, into queues that it made and checked', async () => {
    const [before, made] = [await puente('queues', 'verify', '--tenant', tenant.id), await createQueues()];
    const after = await puente('queues', 'verify', '--tenant', tenant.id);

    expect([before.code, after.code, made.code, made.stderr]).toEqual([1, 0, 0, '']);
    expect(before.stdout).toMatch(/^ {2}wrong \S+ visibility: .*set VisibilityTimeout 60/m);
    expect(after.stdout.match(/^ {2}ok /gm)).toHaveLength(8);

    await tenant.sqs.send(
      new SendMessageCommand({
        QueueUrl: `${sandboxFacts().sandboxUrl}/000000000000/${tenant.name}-cli.fifo`,
        MessageBody: 'esto no es JSON',
        MessageGroupId: 'g',
        MessageDeduplicationId: randomUUID(),
      }),
    );
    await until(async () => (await waiting()).length === 2, { withinMs: 15_000, what: 'two letters wait' });
    const redriven = await puente('redrive', '--tenant', tenant.id, '--rate', '20', '--wait');

    expect([redriven.code, redriven.stderr]).toEqual([0, '']);
    const last = JSON.parse(redriven.stdout.trim().split('\n').at(-1) ?? '') as { id: string };
    expect(last).toMatchObject({ state: 'done', sent: 2, failed: 0, remaining: 0, actor: 'system:cli' });
    expect(bodyOf(await tenant.admin.get(`/v1/notifications/redrives/${last.id}`))).toEqual(last);
    await until(async () => (await tenant.received(tenant.topicArn)).length === 2, {
      withinMs: 15_000,
      what: 'the other letter is published',
    });
    const audit = bodyOf<{ items: { action: string; target: string }[] }>(await tenant.audit.get('/v1/audit?limit=50'));
    expect(audit.items.filter(({ target }) => target === `redrive:${last.id}`).map(({ action }) => action)).toEqual([
      'redrive.finished',
      'redrive.started',
    ]);
    const [again] = await until(
      async () => {
        const letters = await waiting();
        return letters.length === 1 && letters;
      },
      { withinMs: 15_000, what: 'the one that is not JSON is a letter again' },
    );
    expect(again).toMatchObject({ cause: 'invalid', redrives: 1 });
  }, 60_000);

  function createQueues() {
    return puente('queues', 'create', '--tenant', tenant.id, '--name', `${tenant.name}-cli`, '--bind');
  }
});
