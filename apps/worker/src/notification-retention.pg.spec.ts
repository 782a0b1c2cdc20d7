import {
  DeadLetters,
  NotificationJourney,
  NotificationRetention,
  NotificationsFlow,
  type NotificationView,
} from '@puente/flows/notifications';
import { Client } from 'pg';
import { until } from '../../../test/support/sandbox-until';
import { type WorkerTenant, WorkerWorld } from '../../../test/support/worker.fixture';

describe('the end of old notifications', () => {
  let world: WorkerWorld;
  let tenant: WorkerTenant;
  let owner: Client;

  beforeAll(async () => {
    world = await WorkerWorld.start();
    tenant = await world.tenant('old');
    owner = new Client({ connectionString: world.database.superuserUrl });
    await owner.connect();
  }, 60_000);
  afterAll(async () => {
    await owner.end();
    await world.stop();
  }, 60_000);

  const rows = async (sql: string, params: unknown[] = [tenant.id]): Promise<object[]> =>
    (await owner.query<object>(sql, params)).rows;
  const advance = (interval: string) => owner.query(`UPDATE clock_skew SET skew = skew + $1::interval`, [interval]);
  const view = (id: string): Promise<NotificationView> => world.get(NotificationJourney).get(tenant.id, id);
  const retention = () => world.get(NotificationRetention).run();

  const ends = async (message: string, status: string): Promise<string> => {
    const given = { topic: tenant.topicArn, subject: 'Aviso', message, group: 'default' };
    const { id } = await world.get(NotificationsFlow).notify(tenant.id, given);
    await until(async () => (await view(id)).status === status, { withinMs: 20_000, what: `${message} is ${status}` });
    return id;
  };

  it('forgets texts after 90 days and rows after 400, but nothing that waits for a redrive', async () => {
    const published = await ends('publicada', 'published');
    await world.fault('sns', { operation: 'Publish', status: 400, code: 'InvalidParameter', message: 'no', times: 1 });
    const buried = await ends('apartada', 'dead_lettered');
    await until(async () => (await world.get(DeadLetters).list(tenant.id, {})).items[0]?.state === 'waiting', {
      withinMs: 20_000,
      what: 'the letter waits',
    });
    await until(
      async () => (await rows(`SELECT FROM operations WHERE tenant_id = $1 AND settled_at IS NULL`)).length === 0,
      {
        withinMs: 20_000,
        what: 'all is settled',
      },
    );

    await world.deleteQueue(tenant.deadLetterQueueUrl); // SQS forgets a copy after two weeks: none is found again
    await advance('89 days');
    await retention();
    expect(await view(published)).toMatchObject({ message: 'publicada' });

    await advance('2 days');
    await retention();
    expect(await view(published)).toMatchObject({ status: 'published', subject: null, message: null });
    expect(await view(buried)).toMatchObject({ status: 'dead_lettered', message: 'apartada' });

    await advance('310 days');
    await retention();
    await expect(view(published)).rejects.toMatchObject({ code: 'NOTIFICATION_NOT_FOUND' });
    expect(await view(buried)).toMatchObject({ message: 'apartada' });
  }, 60_000);

  /** It was left out for waiting: the next run looks at it again. */
  it('takes a dead letter with its notification once it is over', async () => {
    const [letter] = (await world.get(DeadLetters).list(tenant.id, {})).items;
    await owner.query(`UPDATE dead_letters SET state = 'obsolete' WHERE tenant_id = $1`, [tenant.id]);
    await retention();
    await expect(view(letter?.notificationId ?? '')).rejects.toMatchObject({ code: 'NOTIFICATION_NOT_FOUND' });
    expect(await rows(`SELECT FROM dead_letters WHERE tenant_id = $1`)).toEqual([]);
  });
});
