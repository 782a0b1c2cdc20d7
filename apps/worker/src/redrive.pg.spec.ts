import { SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { NotificationQueues, QueueSetup } from '@puente/flows/notifications';
import { WorkerWorld } from '../../../test/support/worker.fixture';

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
});
