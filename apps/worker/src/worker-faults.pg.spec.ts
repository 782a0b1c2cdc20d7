import { NotificationJourney, NotificationsFlow } from '@puente/flows/notifications';
import { bodyMd5, CONSUMER_VISIBILITY_S } from '@puente/queue';
import { Client } from 'pg';
import { until } from '../../../test/support/sandbox-until';
import { type WorkerTenant, WorkerWorld } from '../../../test/support/worker.fixture';

describe('the worker in trouble', () => {
  let world: WorkerWorld;
  let tenant: WorkerTenant;
  let fifoTopic: string;

  beforeAll(async () => {
    world = await WorkerWorld.start({ NOTIFICATIONS_RESEND_MS: '1000' });
    tenant = await world.tenant('troubled');
    fifoTopic = await world.createTopic('troubled.fifo');
  }, 60_000);
  afterAll(() => world.stop(), 60_000);

  const notify = (message: string, topic: string, group = 'default') =>
    world.get(NotificationsFlow).notify(tenant.id, { topic, subject: 'Aviso', message, group });
  const view = (id: string) => world.get(NotificationJourney).get(tenant.id, id);

  /** Forty foreign messages in four groups while `disturb` happens; then what came of them. */
  async function under(name: string, disturb: () => Promise<void>): Promise<void> {
    const texts = Array.from({ length: 40 }, (_, i) => `${name} ${String(i)}`);
    const sending = (async () => {
      for (const [i, message] of texts.entries()) {
        const body = JSON.stringify({ sns_topic: fifoTopic, subject: `s${String(i % 4)}`, message });
        await world.produce(tenant.queueUrl, body, `${name}-${String(i % 4)}`);
      }
    })();
    await disturb();
    await sending;
    const mine = async () => (await world.published(fifoTopic)).filter(({ message }) => message.startsWith(`${name} `));
    await until(async () => (await mine()).length >= texts.length, { withinMs: 60_000, what: 'all were published' });
    await until(async () => (await world.depth(tenant.queueUrl)) === 0, {
      withinMs: 30_000,
      what: 'the queue is empty',
    });

    const published = await mine();
    expect(published).toHaveLength(texts.length);
    for (const group of [0, 1, 2, 3]) {
      const inGroup = published.filter(({ subject }) => subject === `s${String(group)}`).map(({ message }) => message);
      expect(inGroup).toEqual(texts.filter((_, i) => i % 4 === group));
    }
  }

  it('sends a notification again that its queue took and never gave back', async () => {
    const body = (message: string): string =>
      `{"sns_topic": "${tenant.topicArn}", "subject": "Aviso", "message": "${message}"}`;
    const answer = { MessageId: 'lost-1', MD5OfMessageBody: bodyMd5(body('perdido')), SequenceNumber: '1' };
    await world.fault('sqs', { operation: 'SendMessage', match: 'perdido', status: 200, body: answer, times: 1 });

    const { id } = await notify('perdido', tenant.topicArn);

    const found = await until(async () => (await view(id)).status === 'published' && view(id), {
      withinMs: 25_000,
      what: 'it was published after all',
    });
    expect(found.sends).toBe(2);
    expect((await world.published(tenant.topicArn)).map(({ message }) => message)).toEqual(['perdido']);
  }, 40_000);

  it('loses nothing and publishes nothing twice when PostgreSQL drops every connection', async () => {
    const superuser = new Client({ connectionString: world.database.superuserUrl });
    await superuser.connect();
    await under('cortes', async () => {
      for (let i = 0; i < 6; i += 1) {
        await superuser.query(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
        );
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    });
    await superuser.end();
  }, 120_000);

  it('loses nothing and publishes nothing twice when it is stopped and started in between', async () => {
    await under('reinicio', () => world.restart());
  }, 120_000);

  it('loses nothing and publishes nothing twice when SQS and SNS answer with 503', async () => {
    await under('servicios', async () => {
      await world.fault('sqs', { operation: 'ReceiveMessage', status: 503, times: 4 });
      // What was handled but not deleted comes again, and the inbox knows it.
      await world.fault('sqs', { operation: 'DeleteMessageBatch', status: 503, times: 1 });
      await world.fault('sns', { operation: 'Publish', status: 503, times: 3 });
      await until(async () => (await world.faultsLeft('sqs', 'DeleteMessageBatch')) === 0, {
        withinMs: 30_000,
        what: 'a batch was handled and not deleted',
      });
      await world.advanceSqs(CONSUMER_VISIBILITY_S * 1_000);
    });
  }, 120_000);

  it('lets a message that cannot be written down hold up its own group only, and takes it when it can', async () => {
    const superuser = new Client({ connectionString: world.database.superuserUrl });
    await superuser.connect();
    await superuser.query(
      `CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'poison'; END $$`,
    );
    await superuser.query(
      `CREATE TRIGGER poison BEFORE INSERT ON notifications FOR EACH ROW WHEN (NEW.event = 'poison') EXECUTE FUNCTION poison()`,
    );
    const body = (message: string, event?: string) =>
      JSON.stringify({ sns_topic: fifoTopic, subject: 'veneno', message, event });
    const seen = async () =>
      (await world.published(fifoTopic)).filter(({ subject }) => subject === 'veneno').map(({ message }) => message);

    await world.produce(tenant.queueUrl, body('a1', 'poison'), 'a');
    await world.produce(tenant.queueUrl, body('a2'), 'a');
    await world.produce(tenant.queueUrl, body('b1'), 'b');
    await world.produce(tenant.queueUrl, body('b2'), 'b');
    await until(async () => (await seen()).length === 2, { withinMs: 20_000, what: 'the other group was published' });
    const meanwhile = await seen();
    await superuser.query(`DROP TRIGGER poison ON notifications`);
    await superuser.end();
    await until(async () => (await seen()).length === 4, { withinMs: 60_000, what: 'all were published' });

    expect(meanwhile).toEqual(['b1', 'b2']);
    expect(await seen()).toEqual(['b1', 'b2', 'a1', 'a2']);
  }, 90_000);

  it('stops with nothing under way', async () => {
    const before = performance.now();
    await world.restart();

    expect(performance.now() - before).toBeLessThan(15_000);
  }, 30_000);
});
