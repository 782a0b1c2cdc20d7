import { randomUUID } from 'node:crypto';
import { sandboxFacts } from '../support/sandbox';
import { bodyOf, statusAndCode } from '../support/sandbox-client';
import { type ReadyTenant, SandboxTenant } from '../support/sandbox-tenant';

/** What the guard matrix cannot ask for: things outside that two tenants could both name. */
describe('another tenant', () => {
  let owner: ReadyTenant;
  let intruder: ReadyTenant;

  beforeAll(async () => {
    owner = await SandboxTenant.createReady(sandboxFacts());
    intruder = await SandboxTenant.createReady(sandboxFacts());
  });

  it('cannot bind somebody else’s queue, under no other address of it either', async () => {
    const { deadLetterQueueUrl } = intruder;
    const aliases = ['127.0.0.1', 'localhost', '127.0.0.1:1', 'x@127.0.0.1'].map((host) =>
      owner.queueUrl.replace(/127\.0\.0\.1(:\d+)?/, (_, port: string) => (host.includes(':') ? host : host + port)),
    );
    for (const queueUrl of [...aliases, owner.queueUrl.replace('http:', 'https:')]) {
      const answer = await intruder.admin.put('/v1/notifications/queue', { queueUrl, deadLetterQueueUrl });
      expect({ queueUrl, refused: [409, 422].includes(answer.status) }).toEqual({ queueUrl, refused: true });
    }
    const answer = await intruder.admin.put('/v1/notifications/queue', {
      queueUrl: owner.queueUrl,
      deadLetterQueueUrl,
    });
    expect(statusAndCode(answer)).toEqual([409, 'NOTIFICATION_QUEUE_TAKEN']);
    const message = `m ${randomUUID()}`;
    const { id } = bodyOf<{ id: string }>(await owner.notify({ topic: owner.topicArn, subject: 's', message }), 202);
    await owner.journeyEnds(id, 'published');
  });
});
