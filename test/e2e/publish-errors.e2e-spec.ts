import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { createHash, randomUUID } from 'node:crypto';
import { control, sandboxFacts } from '../support/sandbox';
import { bodyOf } from '../support/sandbox-client';
import { type ReadyTenant, SandboxTenant } from '../support/sandbox-tenant';
import { until } from '../support/sandbox-until';

/** S1.4: what becomes of a notification that SNS or its own sender got wrong. */
describe('errors of a notification', () => {
  let tenant: ReadyTenant;
  const some = (change: object = {}) => ({
    topic: tenant.topicArn,
    subject: 's',
    message: `m ${randomUUID()}`,
    ...change,
  });
  /** Only for this tenant: its name is part of its topics. */
  const fault = (order: object) =>
    control().post('/_sandbox/sns/faults', { operation: 'Publish', match: tenant.name, ...order });
  const accept = async (body: object): Promise<string> =>
    bodyOf<{ id: string }>(await tenant.notify({ ...body }), 202).id;
  const messagesOf = async (message: string) =>
    (await tenant.received(tenant.topicArn)).filter((effect) => effect.message === message);

  beforeAll(async () => {
    tenant = await SandboxTenant.createReady(sandboxFacts());
  });

  it('records and acknowledges a topic that is not there', async () => {
    const id = await accept(some({ topic: tenant.topicArn.replace('-news', '-gone') }));
    const journey = await tenant.journeyEnds(id, 'not_found');
    expect(journey.reason?.code).toBe('NotFound');
    expect(await tenant.peek(tenant.deadLetterQueueUrl)).toEqual([]);
  });

  it.each([
    ['throttling', { status: 400, code: 'Throttled' }],
    ['a refused connection', { reset: 'before' }],
  ])('publishes once after %s', async (_, order) => {
    bodyOf(await fault({ ...order, times: 1 }), 201);
    const body = some();
    await tenant.journeyEnds(await accept(body), 'published');
    expect((await messagesOf(body.message)).length).toBe(1);
  });

  it.each([
    ['an answer that was lost after the publish', { reset: 'after' }, 2],
    ['a server error without an effect', { status: 500 }, 1],
    ['an unreadable answer', { status: 200, body: '<html>', apply: true }, 2],
  ])('resends by default after %s, and marks the repeat', async (_, order, effects) => {
    bodyOf(await fault(order), 201);
    const body = some();
    await tenant.journeyEnds(await accept(body), 'published');
    const marks = (await messagesOf(body.message)).map(
      ({ messageAttributes }) => messageAttributes?.['puente_repeat']?.StringValue,
    );
    expect(marks).toHaveLength(effects);
    expect(marks.at(-1)).toBe('1');
    expect(marks.slice(0, -1).every((mark) => mark === undefined)).toBe(true);
  });

  it('waits for a person when its handler says so, and then follows what was found out', async () => {
    bodyOf(await tenant.admin.put('/v1/notifications/handlers/critical', { onUnknown: 'review' }));
    bodyOf(await fault({ status: 500 }), 201);
    const body = some({ event: 'critical' });
    const id = await accept(body);
    const journey = await tenant.journeyEnds(id, 'needs_review');
    expect(await messagesOf(body.message)).toEqual([]);

    const operation = journey.steps.find(({ step }) => step === 'published')?.operationId ?? '';
    bodyOf(await tenant.admin.post(`/v1/operations/${operation}/resolve`, { outcome: 'absent', then: 'resend' }));
    await tenant.journeyEnds(id, 'published');
    expect(await messagesOf(body.message)).toHaveLength(1);
  });

  it('drops after a lost answer when its handler says so', async () => {
    bodyOf(await tenant.admin.put('/v1/notifications/handlers/fleeting', { onUnknown: 'drop' }));
    bodyOf(await fault({ status: 500 }), 201);
    const body = some({ event: 'fleeting' });
    await tenant.journeyEnds(await accept(body), 'dropped');
    expect(await messagesOf(body.message)).toEqual([]);
  });

  it('sends what SNS refuses to the dead-letter queue, with the reason, and lets the next of its group pass', async () => {
    bodyOf(await fault({ status: 400, code: 'InvalidParameter', message: 'Invalid parameter: Subject' }), 201);
    const refused = some({ group: 'one-by-one' });
    const next = some({ group: 'one-by-one' });
    const refusedId = await accept(refused);
    const nextId = await accept(next);
    await tenant.journeyEnds(nextId, 'published');
    await tenant.journeyEnds(refusedId, 'dead_lettered');
    const letters = await until(() => buried(refused.message), {
      withinMs: 10_000,
      what: 'the message is in the dead-letter queue',
    });
    expect(letters.map(({ attributes }) => attributes['puente_reason'])).toEqual([
      expect.stringContaining('InvalidParameter'),
    ]);
    expect(await messagesOf(refused.message)).toEqual([]);
  });

  it.each([
    ['no JSON', 'hola'],
    ['no object', '["sns_topic"]'],
    ['no message', '{"sns_topic": "arn:aws:sns:us-east-1:000000000000:x", "subject": "s"}'],
    ['a topic that is no text', '{"sns_topic": 7, "subject": "s", "message": "m"}'],
  ])(
    'sends a foreign body with %s to the dead-letter queue at once, bytes unchanged, reason recorded',
    async (what, text) => {
      const body = `${text} `;
      await foreign(body, `bad-${what.replaceAll(' ', '-')}`);
      const letter = await until(
        async () => (await tenant.peek(tenant.deadLetterQueueUrl)).find((one) => one.body === body),
        {
          withinMs: 15_000,
          what: `${body} is in the dead-letter queue`,
        },
      );
      expect(letter.attributes['puente_reason']).toMatch(/.+/);
      expect(letter.attributes['producer']).toBe('script-7');
      const listed = bodyOf<{ items: { messageId: string; reason: string }[] }>(
        await tenant.admin.get('/v1/notifications/dead-letters?limit=100'),
        200,
      );
      expect(listed.items.map(({ reason }) => reason)).toContain(letter.attributes['puente_reason']);
    },
  );

  it('lets one bad message of a batch neither stop nor repeat the others', async () => {
    const texts = Array.from({ length: 9 }, () => `batch ${randomUUID()}`);
    await Promise.all(
      texts.map((message, n) =>
        foreign(
          n === 4 ? `{"broken": "${message}"` : JSON.stringify({ sns_topic: tenant.topicArn, subject: 's', message }),
          `batch-${String(n % 3)}`,
        ),
      ),
    );
    const good = texts.filter((_, n) => n !== 4);
    const published = async () =>
      (await tenant.received(tenant.topicArn))
        .map(({ message }) => message)
        .filter((message) => texts.includes(message));
    await until(async () => (await published()).length >= good.length, {
      withinMs: 15_000,
      what: 'the others are published',
    });
    expect((await published()).sort()).toEqual([...good].sort());
  });

  function foreign(body: string, group: string) {
    return tenant.sqs.send(
      new SendMessageCommand({
        QueueUrl: tenant.queueUrl,
        MessageBody: body,
        MessageGroupId: group,
        MessageDeduplicationId: createHash('md5').update(body).digest('hex'),
        MessageAttributes: { producer: { DataType: 'String', StringValue: 'script-7' } },
      }),
    );
  }

  async function buried(message: string) {
    const letters = (await tenant.peek(tenant.deadLetterQueueUrl)).filter(({ body }) => body.includes(message));
    return letters.length > 0 && letters;
  }
});
