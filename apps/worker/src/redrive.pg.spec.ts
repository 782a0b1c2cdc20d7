import { randomUUID } from 'node:crypto';
import {
  ReceiveMessageCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import {
  DeadLetterQueues,
  DeadLetters,
  type DeadLetterView,
  NotificationHandlers,
  NotificationJourney,
  NotificationQueues,
  NotificationResender,
  NotificationsFlow,
  QueueSetup,
  RedriveBody,
  Redrives,
  type RedriveView,
} from '@puente/flows/notifications';
import { QueueSupervisor } from '@puente/queue';
import { AuditLog } from '@puente/tenancy';
import { Client } from 'pg';
import { until } from '../../../test/support/sandbox-until';
import { type WorkerTenant, WorkerWorld } from '../../../test/support/worker.fixture';

const origin = { actor: 'test' };

describe('dead letters and their queues', () => {
  let world: WorkerWorld;

  beforeAll(async () => {
    world = await WorkerWorld.start();
  }, 60_000);
  afterAll(() => world.stop(), 60_000);

  describe('`puente queues create`', () => {
    const wrongOf = (findings: readonly { ok: boolean; text: string }[]) => findings.filter(({ ok }) => !ok);

    it('makes both queues as they should be, and finds them again', async () => {
      const { id } = await world.tenant('maker');
      const setup = world.get(QueueSetup);

      const made = await setup.create(id, { name: 'made', integration: 'default' });
      const again = await setup.create(id, { name: 'made', integration: 'default' });

      expect(made.created).toEqual(['queueUrl', 'deadLetterQueueUrl']);
      expect(wrongOf(made.findings)).toEqual([]);
      expect(again).toEqual({ ...made, created: [] });
      const bound = await world.get(NotificationQueues).bind(id, { ...made, integration: 'default' }, { origin });
      expect(bound.warnings).toEqual([]);
      expect(wrongOf(await world.get(NotificationQueues).verify(id))).toEqual([]);
    });

    it('names what an existing queue has otherwise, leaves it alone, and mends it when asked to', async () => {
      const { id } = await world.tenant('mender');
      const queueUrl = await world.createQueue('mended.fifo', {
        SqsManagedSseEnabled: 'false',
        VisibilityTimeout: '2',
      });
      const setup = world.get(QueueSetup);

      const named = await setup.create(id, { name: 'mended', integration: 'default' });
      const repaired = await setup.create(id, { name: 'mended', integration: 'default', repair: true });

      expect(named).toMatchObject({ queueUrl, created: ['deadLetterQueueUrl'], repaired: [] });
      expect(wrongOf(named.findings)).toMatchObject([
        { check: 'redrive' },
        { check: 'encryption' },
        { check: 'visibility' },
      ]);
      expect(repaired).toMatchObject({ created: [], repaired: ['queueUrl'] });
      expect(wrongOf(repaired.findings)).toEqual([]);
    });
  });

  it('binds no queue to two tenants, in whatever role', async () => {
    const [one, two] = [await world.tenant('first'), await world.tenant('second')];
    const queues = world.get(NotificationQueues);
    const bind = (queueUrl: string, deadLetterQueueUrl: string) =>
      queues.bind(two.id, { queueUrl, deadLetterQueueUrl, integration: 'default' }, { origin });

    for (const [queue, dead] of [
      [one.queueUrl, two.deadLetterQueueUrl],
      [two.queueUrl, one.queueUrl],
      [two.queueUrl, one.deadLetterQueueUrl],
      [one.deadLetterQueueUrl, two.deadLetterQueueUrl],
    ] as const)
      await expect(bind(queue, dead)).rejects.toMatchObject({ code: 'NOTIFICATION_QUEUE_TAKEN' });

    expect(await queues.get(two.id)).toMatchObject({ queueUrl: two.queueUrl });
    await bind(two.deadLetterQueueUrl, two.queueUrl); // one's own may change places
    await queues.unbind(one.id, origin);
    await bind(two.queueUrl, one.deadLetterQueueUrl);
  });

  it('says so when a bound queue has changed or gone since', async () => {
    const { id, queueUrl, deadLetterQueueUrl } = await world.tenant('changed');
    const queues = world.get(NotificationQueues);
    await world.sqs.send(new SetQueueAttributesCommand({ QueueUrl: queueUrl, Attributes: { RedrivePolicy: '' } }));
    expect((await queues.verify(id)).filter(({ ok }) => !ok)).toMatchObject([{ check: 'redrive', about: 'queueUrl' }]);

    await world.deleteQueue(deadLetterQueueUrl);
    await expect(queues.verify(id)).rejects.toMatchObject({ code: 'NOTIFICATION_QUEUE_UNUSABLE' });
  });

  const body = (topic: string, message: string): string =>
    JSON.stringify({ sns_topic: topic, subject: 'Aviso', message });

  const lettersOf = async (tenant: WorkerTenant): Promise<readonly DeadLetterView[]> =>
    (await world.get(DeadLetters).list(tenant.id, {}, undefined, 100)).items;

  /** Waits until so many letters wait and their copies are in the dead-letter queue. */
  const buried = async (tenant: WorkerTenant, letters: number): Promise<readonly DeadLetterView[]> => {
    const within = { withinMs: 20_000, what: `${String(letters)} letters wait` };
    await until(async () => (await world.depth(tenant.deadLetterQueueUrl)) >= letters, within);
    return until(async () => {
      const all = await lettersOf(tenant);
      return all.filter(({ state }) => state === 'waiting').length >= letters && all;
    }, within);
  };

  const redrive = (tenant: WorkerTenant, given: object = {}): Promise<RedriveView> =>
    world.get(Redrives).create(tenant.id, RedriveBody.parse({ messagesPerSecond: 50, ...given }), { origin });

  const ended = (tenant: WorkerTenant, { id }: { readonly id: string }): Promise<RedriveView> =>
    until(
      async () => {
        const view = await world.get(Redrives).get(tenant.id, id);
        return view.finishedAt !== null && view;
      },
      { withinMs: 40_000, what: `redrive ${id} has ended` },
    );

  const texts = async (tenant: WorkerTenant): Promise<string[]> =>
    (await world.published(tenant.topicArn)).map(({ message }) => message);

  const isPublished = (tenant: WorkerTenant, text: string) =>
    until(async () => (await texts(tenant)).includes(text), { withinMs: 20_000, what: `${text} is published` });

  /** SNS refuses everything with this text, so many times. */
  const refuse = (match: string, times: number) =>
    world.fault('sns', { operation: 'Publish', status: 400, code: 'InvalidParameter', message: 'no', match, times });

  /** What lies in the dead-letter queue. A look finds nothing while the worker's sweep has its messages in hand. */
  const copies = ({ deadLetterQueueUrl }: WorkerTenant) =>
    until(
      async () => {
        const found = await world.peek(deadLetterQueueUrl);
        return found.length > 0 && found;
      },
      { withinMs: 10_000, what: 'the dead-letter queue can be looked at' },
    );

  /** The worker has noticed that a queue is no longer its own, and its last poll is over. */
  const nobodyReads = async ({ queueUrl }: WorkerTenant): Promise<void> => {
    const isRead = () => world.get(QueueSupervisor).urls().includes(queueUrl);
    await until(() => !isRead(), { withinMs: 10_000, everyMs: 5, what: 'the worker reads the queue no more' });
    await world.advanceSqs(3_000);
  };

  /** Takes messages out of a queue as a consumer that dies each time, until SQS gives them up. */
  const giveUp = async ({ queueUrl, deadLetterQueueUrl }: WorkerTenant, messages: number): Promise<void> => {
    const receive = { QueueUrl: queueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 0 };
    await until(
      async () => {
        await world.sqs.send(new ReceiveMessageCommand(receive));
        return (await world.depth(deadLetterQueueUrl)) === messages;
      },
      { withinMs: 10_000, everyMs: 5, what: 'SQS has moved the messages' },
    );
  };

  describe('a redrive of all letters', () => {
    let tenant: WorkerTenant;
    let view: RedriveView;
    let notificationId: string;
    let before: readonly DeadLetterView[];

    beforeAll(async () => {
      tenant = await world.tenant('all');
      await refuse('vuelta', 2);
      const notify = { topic: tenant.topicArn, subject: 'Aviso', message: 'vuelta-por-REST', group: 'a' };
      notificationId = (await world.get(NotificationsFlow).notify(tenant.id, notify)).id;
      await world.produce(tenant.queueUrl, body(tenant.topicArn, 'vuelta-ajena'), 'a');
      await world.produce(tenant.queueUrl, 'no es JSON', 'b');
      await world.produce(tenant.queueUrl, body('no-arn', 'vuelta-sin-tema'), 'b');
      before = await buried(tenant, 4);
      const handler = {
        topicArn: tenant.topicArn,
        function: null,
        integration: 'default',
        onUnknown: 'review' as const,
        enabled: true,
      };
      await world.get(NotificationHandlers).put(tenant.id, 'no-arn', handler, origin);
      view = await ended(tenant, await redrive(tenant));
    }, 90_000);

    it('sends each back once and says what came of it', () => {
      expect(before.map(({ cause }) => cause).sort()).toEqual(['invalid', 'invalid', 'refused', 'refused']);
      expect(view).toMatchObject({ state: 'done', sent: 4, failed: 0, found: 0, skipped: 0, remaining: 0 });
    });

    it('publishes what can be published, once, by the handler of that time', async () => {
      await isPublished(tenant, 'vuelta-ajena');
      await isPublished(tenant, 'vuelta-sin-tema');
      const journey = await until(
        async () => {
          const one = await world.get(NotificationJourney).get(tenant.id, notificationId);
          return one.status === 'published' && one;
        },
        { withinMs: 20_000, what: 'the notification is published' },
      );
      expect(journey.steps.map(({ step, state }) => [step, state])).toEqual([
        ['accepted', null],
        ['queued', 'succeeded'],
        ['dead_lettered', null],
        ['redriven', 'succeeded'],
        ['handled', null],
        ['published', 'succeeded'],
      ]);
      expect((await texts(tenant)).sort()).toEqual(['vuelta-ajena', 'vuelta-por-REST', 'vuelta-sin-tema']);
    });

    it('makes a letter again of what fails again, linked to the one before, and leaves only that in the queue', async () => {
      const letters = await lettersOf(tenant);
      const [first] = before.filter(({ notificationId: none }) => none === null);
      const second = letters.find(({ redriveOf }) => redriveOf === first?.id);
      const bodies = (await copies(tenant)).map((one) => one.body);

      expect(second).toMatchObject({ state: 'waiting', cause: 'invalid', redrives: 1, reason: 'the body is not JSON' });
      expect(letters.find(({ id }) => id === first?.id)).toMatchObject({ state: 'redriven', redrives: 1 });
      expect(bodies).toEqual(['no es JSON']);
    });

    it('stands in the audit trail with who began it and what came of it', async () => {
      const { items } = await world.get(AuditLog).list(tenant.id);
      const told = items.filter(({ target }) => target === `redrive:${view.id}`);

      expect(told.map(({ action, actor, detail }) => [action, actor, detail])).toEqual([
        ['redrive.finished', 'system:worker', { sent: 4, failed: 0, found: 0 }],
        ['redrive.started', 'test', { messagesPerSecond: 50, letters: 4 }],
      ]);
    });
  });

  it('sends one letter back from behind others of its group, and leaves those as they are', async () => {
    const tenant = await world.tenant('one');
    const bodies = Array.from({ length: 13 }, (_, i) => body(tenant.topicArn, `uno-${String(i)}`));
    await refuse('uno-', 13);
    for (const text of bodies) await world.produce(tenant.queueUrl, text, 'g');
    const letters = await buried(tenant, 13);
    const [last] = letters;

    const request = { origin, idempotencyKey: randomUUID() };
    const sent = await world.get(Redrives).redriveLetter(tenant.id, last!.id, request);
    const again = await world.get(Redrives).redriveLetter(tenant.id, last!.id, request);

    expect([sent.state, again.id]).toEqual(['redriving', last!.id]);
    await expect(world.get(Redrives).redriveLetter(tenant.id, last!.id, { origin })).rejects.toMatchObject({
      code: 'DEAD_LETTER_NOT_WAITING',
    });
    await isPublished(tenant, 'uno-12');
    await until(async () => (await world.depth(tenant.deadLetterQueueUrl)) === 12, {
      withinMs: 20_000,
      what: 'its copy is gone',
    });
    expect(await texts(tenant)).toEqual(['uno-12']);
    const state = () => world.get(DeadLetterQueues).state(tenant.id);
    expect(await state()).toMatchObject({ depth: 12, waiting: 12, copiesToRemove: 0, unrecorded: 0 });
    const left = await ended(tenant, await redrive(tenant, { filter: { reason: 'INVALIDparameter' } }));
    expect(left).toMatchObject({ sent: 12, found: 0 });
    for (const i of bodies.keys()) await isPublished(tenant, `uno-${String(i)}`);
    // In the order in which they came, although SNS's refusals were heard of side by side.
    expect(await texts(tenant)).toEqual(['uno-12', ...[...bodies.keys()].slice(0, 12).map((i) => `uno-${String(i)}`)]);
    expect(await state()).toMatchObject({ depth: 0, waiting: 0, copiesToRemove: 0 });
  }, 90_000);

  it('takes along what SQS put aside by itself, and publishes it once although its copy comes twice', async () => {
    const tenant = await world.tenant('given-up');
    const queues = { ...tenant, integration: 'default' };
    await world.get(NotificationQueues).unbind(tenant.id, origin);
    await nobodyReads(tenant);
    await world.produce(tenant.queueUrl, body(tenant.topicArn, 'abandonada'), 'g');
    const broken = await world.produce(tenant.queueUrl, 'tampoco es JSON', 'h');
    await giveUp(tenant, 2);
    await world.get(NotificationQueues).bind(tenant.id, queues, { origin });
    expect(await world.get(DeadLetterQueues).state(tenant.id)).toMatchObject({ depth: 2, waiting: 0, unrecorded: 2 });

    const done = await ended(tenant, await redrive(tenant));

    expect(done).toMatchObject({ sent: 2, found: 2 });
    await isPublished(tenant, 'abandonada');
    const [again] = await buried(tenant, 1);
    const letters = await lettersOf(tenant);
    expect(again).toMatchObject({ cause: 'invalid', redrives: 1 });
    expect(letters.find(({ id }) => id === again!.redriveOf)).toMatchObject({
      cause: 'not_taken_over',
      messageId: broken,
    });
    const letter = letters.find(({ cause, messageId }) => cause === 'not_taken_over' && messageId !== broken);
    expect(letter?.reason).toBe('received 5 times without being taken over');

    // The answer to a send was lost, and SQS has forgotten its id: the ledger sends once more.
    await world.advanceSqs(6 * 60_000);
    await world.produce(tenant.queueUrl, body(tenant.topicArn, 'abandonada'), 'g', `puente-redrive/${letter!.id}`);
    await world.produce(tenant.queueUrl, body(tenant.topicArn, 'después'), 'g');
    await isPublished(tenant, 'después');
    expect(await texts(tenant)).toEqual(['abandonada', 'después']);
  }, 90_000);

  it('publishes each once although the worker goes down between sending back and deleting, and an answer is lost', async () => {
    const tenant = await world.tenant('killed');
    await refuse('corte-', 3);
    for (const i of [0, 1, 2]) await world.produce(tenant.queueUrl, body(tenant.topicArn, `corte-${String(i)}`), 'g');
    await buried(tenant, 3);
    await world.fault('sqs', { operation: 'SendMessage', match: 'puente-redrive', reset: 'after', times: 1 });
    await world.fault('sqs', {
      operation: 'DeleteMessageBatch',
      match: 'killed-dead.fifo',
      reset: 'before',
      times: 50,
    });
    const begun = await redrive(tenant);
    for (const i of [0, 1, 2]) await isPublished(tenant, `corte-${String(i)}`);
    expect(await world.depth(tenant.deadLetterQueueUrl)).toBe(3);

    await world.restart();
    await world.clearFaults('sqs');

    expect(await ended(tenant, begun)).toMatchObject({ state: 'done', sent: 3, failed: 0, found: 0 });
    expect(await world.depth(tenant.deadLetterQueueUrl)).toBe(0);
    expect(await texts(tenant)).toEqual(['corte-0', 'corte-1', 'corte-2']);
  }, 90_000);

  it('keeps its pace, is alone in its tenant, and stops when it is cancelled', async () => {
    const [tenant, other] = [await world.tenant('paced'), await world.tenant('unmoved')];
    await refuse('ritmo-', 31);
    // More than could be sent at this pace however late the test asks to stop.
    for (const i of Array(30).keys())
      await world.produce(tenant.queueUrl, body(tenant.topicArn, `ritmo-${String(i)}`), 'g');
    await world.produce(other.queueUrl, body(other.topicArn, 'ritmo-ajeno'), 'g');
    await Promise.all([buried(tenant, 30), buried(other, 1)]);
    const redrives = world.get(Redrives);

    const begun = await redrive(tenant, { messagesPerSecond: 4 });
    const startedAt = performance.now();
    await expect(redrive(tenant)).rejects.toMatchObject({ code: 'REDRIVE_RUNNING', redriveId: begun.id });
    await expect(redrives.get(other.id, begun.id)).rejects.toMatchObject({ code: 'REDRIVE_NOT_FOUND' });
    await isPublished(tenant, 'ritmo-2');
    const elapsedMs = performance.now() - startedAt;
    const cancelled = await redrives.cancel(tenant.id, begun.id, origin);

    // The third letter's turn comes half a second after the first one's.
    expect(elapsedMs).toBeGreaterThan(450);
    expect(cancelled).toMatchObject({ state: 'cancelled', remaining: 0 });
    expect(cancelled.sent).toBeGreaterThanOrEqual(3);
    expect(cancelled.sent).toBeLessThan(30);
    await expect(redrives.cancel(tenant.id, begun.id, origin)).rejects.toMatchObject({ code: 'REDRIVE_ENDED' });
    await until(async () => (await world.depth(tenant.deadLetterQueueUrl)) === 30 - cancelled.sent, {
      withinMs: 20_000,
      what: 'the copies of those sent are gone',
    });
    expect((await lettersOf(tenant)).filter(({ state }) => state === 'waiting')).toHaveLength(30 - cancelled.sent);
    expect(await lettersOf(other)).toMatchObject([{ state: 'waiting', redrives: 0 }]);
    expect(await world.depth(other.deadLetterQueueUrl)).toBe(1);
  }, 90_000);

  it('buries and sends back a message whose producer used up all attributes', async () => {
    const tenant = await world.tenant('crowded');
    await refuse('diez-atributos', 2);
    const names = Array.from({ length: 10 }, (_, i) => `own_${String(i)}`);
    await world.sqs.send(
      new SendMessageCommand({
        QueueUrl: tenant.queueUrl,
        MessageBody: body(tenant.topicArn, 'diez-atributos'),
        MessageGroupId: 'g',
        MessageDeduplicationId: randomUUID(),
        MessageAttributes: Object.fromEntries(names.map((name) => [name, { DataType: 'String', StringValue: 'x' }])),
      }),
    );
    const [first] = await buried(tenant, 1);
    await world.get(Redrives).redriveLetter(tenant.id, first!.id, { origin });
    const [second] = await until(
      async () => {
        const letters = await lettersOf(tenant);
        return letters.length === 2 && letters;
      },
      { withinMs: 20_000, what: 'it was refused again' },
    );

    expect(second).toMatchObject({ state: 'waiting', redrives: 1, redriveOf: first!.id, cause: 'refused' });
    expect(second?.notificationId).toBe(first!.notificationId);
    await until(async () => (await world.depth(tenant.deadLetterQueueUrl)) === 1, {
      withinMs: 20_000,
      what: 'only the second copy is left',
    });
    const [copy] = await copies(tenant);
    expect(Object.keys(copy?.attributes ?? {}).sort()).toEqual(names);
    await world.get(Redrives).redriveLetter(tenant.id, second!.id, { origin });
    await isPublished(tenant, 'diez-atributos');
    expect(await texts(tenant)).toEqual(['diez-atributos']);
  }, 60_000);

  it('knows its letters when AWS moves them, and when a message that could not be moved comes again', async () => {
    const tenant = await world.tenant('by-hand');
    const handlers = world.get(NotificationHandlers);
    const handler = { function: null, integration: 'default', onUnknown: 'review' as const, enabled: true };
    await world.fault('sqs', { operation: 'SendMessageBatch', match: 'by-hand-dead.fifo', status: 500, times: 1 });
    await world.produce(tenant.queueUrl, body('no-arn', 'se-queda'), 'g'); // its copy is not taken: it stays in the queue
    await until(async () => (await lettersOf(tenant)).length === 1, { withinMs: 10_000, what: 'it is a letter' });
    await handlers.put(tenant.id, 'no-arn', { ...handler, topicArn: tenant.topicArn }, origin);
    await isPublished(tenant, 'se-queda');
    expect(await lettersOf(tenant)).toMatchObject([{ state: 'redriven', redrives: 0 }]);

    await world.produce(tenant.queueUrl, body('otro-tema', 'a mano'), 'g');
    await buried(tenant, 1);
    await handlers.put(tenant.id, 'otro-tema', { ...handler, topicArn: tenant.topicArn }, origin);
    const arn = 'arn:aws:sqs:us-east-1:000000000000:by-hand';
    const task = { SourceArn: `${arn}-dead.fifo`, DestinationArn: `${arn}.fifo` };
    // A task moves what is visible at that moment, and the sweep over dead letters may be looking at it.
    const moved = async (): Promise<boolean> => {
      if ((await world.depth(tenant.deadLetterQueueUrl)) > 0)
        await world.sqs.send(new StartMessageMoveTaskCommand(task));
      return (await world.depth(tenant.deadLetterQueueUrl)) === 0;
    };
    await until(moved, { withinMs: 40_000, everyMs: 500, what: 'the dead letter is moved' });
    await isPublished(tenant, 'a mano');

    const [letter] = await lettersOf(tenant);
    expect(letter).toMatchObject({ state: 'redriven', redrives: 1 });
    await expect(world.get(Redrives).redriveLetter(tenant.id, letter!.id, { origin })).rejects.toMatchObject({
      code: 'DEAD_LETTER_NOT_WAITING',
    });
    expect(await texts(tenant)).toEqual(['se-queda', 'a mano']);

    await handlers.put(tenant.id, 'roto', { ...handler, topicArn: 'no-arn' }, origin);
    const notify = { topic: tenant.topicArn, subject: 's', message: 'dos copias', group: 'g', event: 'roto' };
    const { id } = await world.get(NotificationsFlow).notify(tenant.id, notify);
    await buried(tenant, 1);
    await handlers.put(tenant.id, 'roto', { ...handler, topicArn: tenant.topicArn }, origin);
    const [copy] = await copies(tenant);
    for (const deduplicationId of [randomUUID(), randomUUID()])
      await world.sqs.send(
        new SendMessageCommand({
          QueueUrl: tenant.queueUrl,
          MessageBody: copy?.body,
          MessageGroupId: 'g',
          MessageDeduplicationId: deduplicationId,
          MessageAttributes: { puente_notification_id: { DataType: 'String', StringValue: id } },
        }),
      );
    await world.produce(tenant.queueUrl, body(tenant.topicArn, 'al final'), 'g');
    await isPublished(tenant, 'al final');
    expect(await texts(tenant)).toEqual(['se-queda', 'a mano', 'dos copias', 'al final']);
  }, 60_000);

  it('sends a letter again that the queue lost on the way back, and publishes it once should it turn up after all', async () => {
    const tenant = await world.tenant('lost');
    await refuse('extraviada', 1);
    await world.produce(tenant.queueUrl, body(tenant.topicArn, 'extraviada'), 'g');
    const [letter] = await buried(tenant, 1);
    await world.get(Redrives).redriveLetter(tenant.id, letter!.id, { origin });
    await isPublished(tenant, 'extraviada');
    const taken = async () => (await lettersOf(tenant))[0];
    await until(async () => (await taken())?.takenMessageId !== null, { withinMs: 10_000, what: 'it was taken over' });

    // As if the queue had never given it out.
    const owner = new Client({ connectionString: world.database.superuserUrl });
    await owner.connect();
    await owner.query(
      `UPDATE dead_letters SET taken_message_id = NULL, redriven_at = now() - interval '1 hour' WHERE id = $1`,
      [letter!.id],
    );
    await owner.end();
    await world.advanceSqs(6 * 60_000);
    await until(async () => (await world.get(NotificationResender).pass()) === 1, {
      withinMs: 20_000,
      what: 'the queue was found empty and the letter sent again',
    });

    await until(async () => (await taken())?.takenMessageId !== null, { withinMs: 20_000, what: 'it came back again' });
    expect(await taken()).toMatchObject({ state: 'redriven', redrives: 2 });
    expect(await texts(tenant)).toEqual(['extraviada']);
  }, 60_000);
});
