import { randomUUID } from 'node:crypto';
import {
  NotificationHandlers,
  NotificationJourney,
  NotificationQueues,
  NotificationsFlow,
} from '@puente/flows/notifications';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { bodyMd5 } from '@puente/queue';
import { until } from '../../../test/support/sandbox-until';
import { type WorkerTenant, WorkerWorld } from '../../../test/support/worker.fixture';

const origin = { actor: 'test' };

/** As Python's json.dumps writes it. */
function pythonBody(topic: string, subject: string, message: string): string {
  const ascii = (text: string): string =>
    JSON.stringify(text).replace(
      /[\u007f-\uffff]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
  return `{"sns_topic": ${ascii(topic)}, "subject": ${ascii(subject)}, "message": ${ascii(message)}}`;
}

describe('the worker', () => {
  let world: WorkerWorld;
  let tenant: WorkerTenant;
  let flow: NotificationsFlow;
  let journey: NotificationJourney;

  beforeAll(async () => {
    world = await WorkerWorld.start({}, ['platform.fifo']);
    tenant = await world.tenant('own');
    flow = world.get(NotificationsFlow);
    journey = world.get(NotificationJourney);
  }, 60_000);
  afterAll(() => world.stop(), 60_000);

  const notification = (message: string, topic = tenant.topicArn) => ({
    topic,
    subject: '¡Hola!',
    message,
    group: 'default',
  });

  const journeyEnds = (id: string, status: string, withinMs = 20_000) =>
    until(
      async () => {
        const view = await journey.get(tenant.id, id);
        return view.status === status && view;
      },
      { withinMs, what: `${id} is ${status}` },
    );

  const foreign = async (messageId: string) =>
    until(
      async () =>
        (await journey.list(tenant.id, {}, undefined, 100)).items.find(
          (one) => one.queueMessageId === messageId && one.origin === 'queue',
        ),
      {
        withinMs: 20_000,
        what: `message ${messageId} was taken over`,
      },
    );

  describe.each([
    ['a queue of the tenant, read by the supervisor', 'own'],
    ['a queue of the platform, read through @ssut/nestjs-sqs', 'platform'],
  ])('%s', (_what, name) => {
    it('publishes 200 foreign messages in 4 groups with repeats once each, in order inside their group', async () => {
      const of = name === 'own' ? tenant : await world.tenant('platform');
      const texts = Array.from({ length: 200 }, (_, i) => ({
        group: `g${String(i % 4)}`,
        text: `Oferta ${String(i)} ñ 🎉\n"${name}"`,
      }));
      const sent: Promise<unknown>[] = [0, 1, 2, 3].map(async (group) => {
        for (const { text } of texts.filter((_, i) => i % 4 === group)) {
          const body = pythonBody(of.topicArn, `Asunto ${String(group)}`, text);
          await world.produce(of.queueUrl, body, `g${String(group)}`);
          if (Math.random() < 0.3) await world.produce(of.queueUrl, body, `g${String(group)}`);
        }
      });
      await Promise.all(sent);

      const published = await until(
        async () => {
          const all = await world.published(of.topicArn);
          return all.length >= 200 && all;
        },
        { withinMs: 100_000, what: '200 were published' },
      );

      expect(await world.depth(of.queueUrl)).toBe(0);
      expect(published).toHaveLength(200);
      for (const group of [0, 1, 2, 3]) {
        const subject = `Asunto ${String(group)}`;
        const expected = texts.filter((_, i) => i % 4 === group).map(({ text }) => text);
        expect(published.filter((one) => one.subject === subject).map(({ message }) => message)).toEqual(expected);
      }
    }, 120_000);
  });

  it('takes a notification by REST through the queue to SNS and shows its journey', async () => {
    const { id, operationId } = await flow.notify(tenant.id, notification('Su pedido está listo 🎉'));

    const view = await journeyEnds(id, 'published');

    const published = (await world.published(tenant.topicArn)).filter(({ message }) =>
      message.startsWith('Su pedido está'),
    );
    expect(published).toEqual([
      expect.objectContaining({ subject: '¡Hola!', message: 'Su pedido está listo 🎉', messageId: view.snsMessageId }),
    ]);
    expect(view).toMatchObject({ origin: 'api', repeats: 0, sends: 1, subject: '¡Hola!', reason: null, handler: null });
    expect(view.steps.map(({ step, state }) => [step, state])).toEqual([
      ['accepted', null],
      ['queued', 'succeeded'],
      ['handled', null],
      ['published', 'succeeded'],
    ]);
    expect(view.steps[1]).toMatchObject({ operationId, attempts: [{ outcome: 'ok' }] });
  });

  it('shows a notification whose message the queue took for a repeat as such, linked to the first', async () => {
    const [first, second] = [
      await flow.notify(tenant.id, notification('dos veces')),
      await flow.notify(tenant.id, notification('dos veces')),
    ];

    await journeyEnds(first.id, 'published');
    const repeat = await journeyEnds(second.id, 'deduplicated');

    expect(repeat.deduplicatedOf).toBe(first.id);
    expect((await journey.get(tenant.id, first.id)).duplicates).toEqual([second.id]);
    expect((await world.published(tenant.topicArn)).filter(({ message }) => message === 'dos veces')).toHaveLength(1);
  });

  it.each([true, false])('knows a repeat of a foreign message too (foreign first: %s)', async (foreignFirst) => {
    const text = `también ${String(foreignFirst)}`;
    const body = pythonBody(tenant.topicArn, '¡Hola!', text);
    let messageId = foreignFirst ? await world.produce(tenant.queueUrl, body, 'default') : '';
    const { id } = await flow.notify(tenant.id, notification(text));
    if (!foreignFirst) {
      await journeyEnds(id, 'published');
      messageId = await world.produce(tenant.queueUrl, body, 'default');
    }
    const view = await journeyEnds(id, foreignFirst ? 'deduplicated' : 'published');

    expect(view.queueMessageId).toBe(messageId);
    if (foreignFirst) expect(view.deduplicatedOf).toBe((await foreign(messageId)).id);
    await until(async () => (await world.depth(tenant.queueUrl)) === 0, {
      withinMs: 10_000,
      what: 'the queue is empty',
    });
    expect((await world.published(tenant.topicArn)).filter(({ message }) => message === text)).toHaveLength(1);
  });

  it('answers a repeated idempotency key with the first notification', async () => {
    const options = { idempotencyKey: randomUUID() };
    const first = await flow.notify(tenant.id, notification('con clave'), options);
    const again = await flow.notify(tenant.id, notification('con clave'), options);

    expect(again).toEqual({ ...first, replayed: true });
    await expect(flow.notify(tenant.id, notification('otro texto'), options)).rejects.toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
    });
  });

  it('buries what nobody can handle at once, with its bytes and the reason, and lets the rest of its group pass', async () => {
    const bad = await world.produce(tenant.queueUrl, 'esto no es JSON ñ', 'bad');
    const missing = await world.produce(tenant.queueUrl, '{"subject": "a", "message": "b"}', 'bad');
    const target = await world.produce(tenant.queueUrl, pythonBody('no-arn', 'a', 'b'), 'bad');
    await world.produce(tenant.queueUrl, pythonBody(tenant.topicArn, 'a', 'después de los malos'), 'bad');

    await until(
      async () => (await world.published(tenant.topicArn)).some(({ message }) => message === 'después de los malos'),
      {
        withinMs: 20_000,
        what: 'the good one was published',
      },
    );
    await until(async () => (await world.depth(tenant.deadLetterQueueUrl)) >= 3, {
      withinMs: 10_000,
      what: 'three are buried',
    });
    const dead = await world.peek(tenant.deadLetterQueueUrl);

    expect(dead.map(({ body, group, attributes }) => ({ body, group, ...attributes }))).toEqual([
      {
        body: 'esto no es JSON ñ',
        group: 'bad',
        puente_reason: 'the body is not JSON',
        puente_source_message_id: bad,
      },
      {
        body: '{"subject": "a", "message": "b"}',
        group: 'bad',
        puente_reason: 'sns_topic: is missing',
        puente_source_message_id: missing,
      },
      {
        body: pythonBody('no-arn', 'a', 'b'),
        group: 'bad',
        puente_reason: 'topicArn: expected arn:aws:sns:region:account:topic',
        puente_source_message_id: target,
      },
    ]);
    expect(await foreign(target)).toMatchObject({
      status: 'dead_lettered',
      reason: { code: 'MESSAGE_INVALID', message: 'topicArn: expected arn:aws:sns:region:account:topic' },
    });
  });

  it('records a topic that does not exist and acknowledges the message', async () => {
    const { id } = await flow.notify(tenant.id, notification('a nadie', `${tenant.topicArn}-gone`));

    const view = await journeyEnds(id, 'not_found');

    expect(view.reason).toMatchObject({ code: 'NotFound' });
    expect(view.deadLetteredAt).toBeNull();
  });

  it('sends what SNS refuses to the dead-letter queue through the ledger; redriven, it is published', async () => {
    await world.fault('sns', { operation: 'Publish', status: 400, code: 'InvalidParameter', message: 'no', times: 1 });
    const { id } = await flow.notify(tenant.id, { ...notification('rechazada'), group: 'refused' });

    const view = await journeyEnds(id, 'dead_lettered');
    expect(view.reason?.message).toMatch(/^refused by SNS: InvalidParameter/);
    const dead = await until(
      async () =>
        (await world.peek(tenant.deadLetterQueueUrl)).find((one) => one.attributes.puente_notification_id === id),
      { withinMs: 10_000, what: 'the copy is in the dead-letter queue' },
    );
    expect(dead.attributes).toMatchObject({ puente_source_message_id: view.queueMessageId });
    expect(bodyMd5(dead.body ?? '')).toBe(view.bodyMd5);

    // As AWS's redrive does it: a new message with the same body and attributes.
    await world.sqs.send(
      new SendMessageCommand({
        QueueUrl: tenant.queueUrl,
        MessageBody: dead.body,
        MessageGroupId: 'refused',
        MessageDeduplicationId: randomUUID(),
        MessageAttributes: { puente_notification_id: { DataType: 'String', StringValue: id } },
      }),
    );
    await journeyEnds(id, 'published');
  });

  it('publishes a notification once although a second message brings it, and believes no attribute about another text', async () => {
    const { id } = await flow.notify(tenant.id, notification('una vez'));
    const { queueMessageId } = await journeyEnds(id, 'published');
    const bring = (body: string) =>
      world.sqs.send(
        new SendMessageCommand({
          QueueUrl: tenant.queueUrl,
          MessageBody: body,
          MessageGroupId: 'default',
          MessageDeduplicationId: randomUUID(),
          MessageAttributes: { puente_notification_id: { DataType: 'String', StringValue: id } },
        }),
      );

    await bring(pythonBody(tenant.topicArn, '¡Hola!', 'una vez'));
    const { MessageId: forged } = await bring(pythonBody(tenant.topicArn, '¡Hola!', 'otro texto'));
    const other = await foreign(forged ?? '');
    await until(async () => (await journey.get(tenant.id, other.id)).status === 'published', {
      withinMs: 10_000,
      what: 'the other text was published',
    });

    const texts = (await world.published(tenant.topicArn)).map(({ message }) => message);
    expect(texts.filter((text) => text === 'una vez')).toHaveLength(1);
    expect(texts.filter((text) => text === 'otro texto')).toHaveLength(1);
    expect(await journey.get(tenant.id, id)).toMatchObject({ queueMessageId, sends: 1 });
    expect(other).toMatchObject({ origin: 'queue' });
  });

  it('skips what a switched-off handler would handle, and follows a handler that names its own topic', async () => {
    const handlers = world.get(NotificationHandlers);
    const other = await world.createTopic('own-offers');
    const put = (kind: string, topicArn: string | null, enabled: boolean) =>
      handlers.put(
        tenant.id,
        kind,
        { topicArn, function: null, integration: 'default', onUnknown: 'review', enabled },
        origin,
      );
    await put('order.muted', null, false);
    await put('offer.made', other, true);
    const muted = await flow.notify(tenant.id, { ...notification('callada'), event: 'order.muted' });
    const offer = await flow.notify(tenant.id, { ...notification('rebajas'), event: 'offer.made' });

    const [skipped, published] = [await journeyEnds(muted.id, 'skipped'), await journeyEnds(offer.id, 'published')];

    expect(skipped.reason?.code).toBe('HANDLER_DISABLED');
    expect(published.handler).toBe('offer.made');
    expect((await world.published(other)).map(({ message }) => message)).toEqual(['rebajas']);
  });

  it('repeats a publish whose answer was lost and marks it; with review it waits for a person', async () => {
    await world.fault('sns', { operation: 'Publish', reset: 'after', match: 'perdida-1', times: 1 });
    await world.fault('sns', { operation: 'Publish', reset: 'after', match: 'perdida-2', times: 1 });
    const again = await flow.notify(tenant.id, { ...notification('perdida-1'), group: 'lost' });
    const held = await flow.notify(tenant.id, { ...notification('perdida-2'), event: 'offer.made' });

    const [repeated, waiting] = [await journeyEnds(again.id, 'published'), await journeyEnds(held.id, 'needs_review')];

    expect(repeated.repeats).toBe(1);
    expect((await world.published(tenant.topicArn)).filter(({ message }) => message === 'perdida-1')).toHaveLength(2);
    expect(waiting.repeats).toBe(0);
    expect(await journey.list(tenant.id, { statuses: ['needs_review'] })).toMatchObject({
      items: [{ id: held.id }],
      next: null,
    });
  });

  it('accepts nothing for a tenant without a queue', async () => {
    const { id } = await world.tenant('unbound');
    await world.get(NotificationQueues).unbind(id, origin);

    await expect(flow.notify(id, notification('x'))).rejects.toMatchObject({ code: 'NOTIFICATION_QUEUE_MISSING' });
  });

  it('hides one tenant from the other', async () => {
    const { id } = await flow.notify(tenant.id, notification('secreto'));
    const other = await world.tenant('stranger');

    await expect(journey.get(other.id, id)).rejects.toMatchObject({ code: 'NOTIFICATION_NOT_FOUND' });
    expect((await journey.list(other.id)).items).toEqual([]);
  });

  it('answers for its health and shows its queues to Prometheus', async () => {
    const url = await world.app.getUrl();
    const ready = await fetch(`${url}/health/ready`);
    const metrics = await (await fetch(`${url}/metrics`)).text();

    expect([ready.status, await ready.json()]).toMatchObject([
      200,
      { status: 'ok', details: { database: { status: 'up' } } },
    ]);
    expect(metrics).toContain('puente_queue_depth{queue="000000000000/own.fifo",service="worker"}');
    expect(metrics).toContain('puente_queue_oldest_message_age_seconds{');
    expect(metrics).toContain('puente_queue_dead_letters{');
  });
});
