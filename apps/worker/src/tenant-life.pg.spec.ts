import { LaneProbes } from '@puente/integrations';
import { NotificationJourney, NotificationResender, NotificationsFlow } from '@puente/flows/notifications';
import { Lanes, OperationLedger } from '@puente/ledger';
import { QueueSupervisor } from '@puente/queue';
import { Tenants } from '@puente/tenancy';
import { Client } from 'pg';
import { until } from '../../../test/support/sandbox-until';
import { type WorkerTenant, WorkerWorld } from '../../../test/support/worker.fixture';

const origin = { actor: 'test' };

describe('a tenant’s life, as the worker sees it', () => {
  let world: WorkerWorld;
  let tenant: WorkerTenant;
  let neighbour: WorkerTenant;
  let superuser: Client;

  beforeAll(async () => {
    world = await WorkerWorld.start({ NOTIFICATIONS_RESEND_MS: '1000' });
    superuser = new Client({ connectionString: world.database.superuserUrl });
    await superuser.connect();
    [tenant, neighbour] = [await world.tenant('life'), await world.tenant('neighbour')];
  }, 60_000);
  afterAll(async () => {
    await superuser.end();
    await world.stop();
  }, 60_000);

  const notify = (message: string, of = tenant) =>
    world.get(NotificationsFlow).notify(of.id, { topic: of.topicArn, subject: 's', message, group: 'g' });
  const produce = (message: string) =>
    world.produce(tenant.queueUrl, JSON.stringify({ sns_topic: tenant.topicArn, subject: 's', message }), 'g');
  const published = async (of = tenant): Promise<string[]> =>
    (await world.published(of.topicArn)).map(({ message }) => message).sort();
  const untilPublished = (count: number, of = tenant) =>
    until(async () => (await published(of)).length >= count, {
      ...{ withinMs: 20_000, what: `${String(count)} were published` },
    });
  const isRead = (): boolean => world.get(QueueSupervisor).urls().includes(tenant.queueUrl);

  it('does nothing for a suspended one, keeps its queue, and does all of it once when it is active again', async () => {
    await notify('before');
    await untilPublished(1);
    await world.get(Tenants).suspend(origin, tenant.id);
    const { id, operationId } = await notify('accepted while suspended');
    // As if a queue that it had before had taken it and never given back: what the re-sender looks for.
    await superuser.query(
      `UPDATE notifications SET queued_at = now() - interval '1 hour', queue_url = 'https://old.test/q' WHERE id = $1`,
      [id],
    );
    await until(() => !isRead(), { withinMs: 10_000, what: 'its queue is not read any more' });
    await produce('sent while suspended');
    await produce('sent as well');

    await notify('goes on', neighbour);
    await untilPublished(1, neighbour);
    await world.get(NotificationResender).pass();
    expect(await world.get(NotificationJourney).get(tenant.id, id)).toMatchObject({ sends: 1 });
    expect(await world.get(LaneProbes).probeDue(0)).toBe(0);
    expect(await published()).toEqual(['before']);
    expect(await world.depth(tenant.queueUrl)).toBe(2);
    expect(await world.get(OperationLedger).get(tenant.id, operationId)).toMatchObject({ state: 'queued', attempt: 0 });
    expect(await world.get(Lanes).list(tenant.id)).toEqual([]);

    await world.get(Tenants).activate(origin, tenant.id);
    await untilPublished(4);
    expect(await published()).toEqual(['accepted while suspended', 'before', 'sent as well', 'sent while suspended']);
    const journeys = async () => (await world.get(NotificationJourney).list(tenant.id)).items;
    await until(async () => (await journeys()).every(({ status }) => status === 'published'), {
      ...{ withinMs: 10_000, what: 'all of them are known to be published' },
    });
    expect([(await journeys()).length, (await published()).length]).toEqual([4, 4]);
  }, 60_000);
});
