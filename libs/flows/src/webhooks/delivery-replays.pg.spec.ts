import { TenantDatabase, type TenantTransaction } from '@puente/database';
import { OperationLedger, OperationReplays } from '@puente/ledger';
import { until } from '../../../../test/support/sandbox-until';
import { webhooksFixture } from '../../../../test/support/webhooks.fixture';
import { origin } from '../../../../test/support/webhooks-world';
import { type BulkReplay, DeliveryReplays } from './delivery-replays';
import { EndpointStatistics } from './endpoint-stats';
import { EndpointTest } from './endpoint-test';
import { OperationWebhooks } from './operation-events';
import { WebhookDeliveries } from './webhook-deliveries';
import { WebhookEndpoints } from './webhook-endpoints';

describe('deliveries, seen and sent again', () => {
  const { world, tenant, endpoint, patch, ...webhooks } = webhooksFixture();
  const publish = (given: object = {}) => webhooks.publish('a', given);
  const deliveries = () => world().get(WebhookDeliveries);
  const replays = () => world().get(DeliveryReplays);
  const ofEndpoint = async (endpointId: string) => (await deliveries().list(tenant(), { endpointId })).items;
  const ends = (endpointId: string, status: string, count = 1) =>
    until(
      async () =>
        ((all) => all.filter((one) => one.status === status).length === count && all)(await ofEndpoint(endpointId)),
      {
        withinMs: 15_000,
        what: `${String(count)} are ${status}`,
      },
    );
  const since = (endpointId: string, given: Partial<BulkReplay> = {}) =>
    replays().since(tenant(), endpointId, { since: new Date(0), dryRun: false, limit: 1_000, ...given }, origin);
  const audited = async () =>
    (
      await world().sql(
        `SELECT detail FROM audit_entries WHERE tenant_id = $1 AND action = 'webhook-delivery.replayed'`,
        [tenant()],
      )
    ).length;

  it('are shown with every try: what came back, how long it took, and when the next one is due', async () => {
    world().receiver.answers.set('/log', 503);
    const { id } = await endpoint('/log');
    await publish();
    const [one] = await until(async () => ((all) => all[0]?.lastStatus === 503 && all)(await ofEndpoint(id)), {
      withinMs: 10_000,
      what: 'the first try is over',
    });
    const seen = await deliveries().get(tenant(), one?.id ?? '');

    expect(seen).toMatchObject({ status: 'pending', attempts: 1, lastStatus: 503, replays: 0, eventType: 'a' });
    expect(seen.nextAttemptAt).toBeInstanceOf(Date);
    expect(seen.log).toMatchObject([{ number: 1, providerStatus: 503, excerpt: 'seen /log', operationId: one?.id }]);
    await expect(deliveries().get(await world().tenant(), seen.id)).rejects.toMatchObject({
      code: 'WEBHOOK_DELIVERY_NOT_FOUND',
    });
    await expect(replays().one(tenant(), seen.id, origin)).rejects.toMatchObject({ code: 'WEBHOOK_DELIVERY_LIVE' });
  });

  it('go on with the new operation when theirs is done again by the routes for operations', async () => {
    world().receiver.answers.set('/follow', 410);
    const { id } = await endpoint('/follow');
    const gone = async () => {
      await ends(id, 'gone');
      const isOff = async () => !(await world().get(WebhookEndpoints).get(tenant(), id)).enabled;
      await until(isOff, { withinMs: 10_000, what: 'it is disabled' });
    };
    const run = <T>(work: (tx: TenantTransaction) => Promise<T>) => world().get(TenantDatabase).run(tenant(), work);
    await publish();
    await gone();
    const [{ id: delivery, operationId: first } = { id: '', operationId: '' }] = await ofEndpoint(id);

    const second = await run((tx) =>
      world()
        .get(OperationLedger)
        .retry(tx, first ?? ''),
    );
    const followed = { status: 'pending', operationId: second.operationId, replays: 1 };
    expect(await deliveries().get(tenant(), delivery)).toMatchObject(followed);
    await patch(id, { enabled: true });
    await gone();

    const asked = { filter: { ids: [second.operationId] }, repeatOnce: false, limit: 10 };
    const { items } = await run((tx) => world().get(OperationReplays).replay(tx, asked, origin));
    world().receiver.answers.set('/follow', 200);
    await patch(id, { enabled: true });
    await ends(id, 'delivered');
    const { log, ...seen } = await deliveries().get(tenant(), delivery);
    expect(seen).toMatchObject({ operationId: items[0]?.operationId, replays: 2 });
    const tried = [...new Set(log.map(({ operationId }) => operationId))];
    expect(tried).toEqual([first, second.operationId, items[0]?.operationId]);
  });

  it('of which one was repeated are repeated only from their newest operation, by every route', async () => {
    const run = <T>(work: (tx: TenantTransaction) => Promise<T>) => world().get(TenantDatabase).run(tenant(), work);
    const retry = (operationId: string) => run((tx) => world().get(OperationLedger).retry(tx, operationId));
    world().receiver.answers.set('/once-more', 410);
    const { id } = await endpoint('/once-more', { eventTypes: ['a'] });
    await publish();
    const [{ id: delivery, operationId } = { id: '', operationId: '' }] = await ends(id, 'gone');
    const first = operationId ?? '';
    const both = await Promise.allSettled([retry(first), replays().one(tenant(), delivery, origin), retry(first)]);
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    world().receiver.answers.set('/once-more', 200);
    await patch(id, { enabled: true });
    await ends(id, 'delivered');
    await replays().one(tenant(), delivery, origin);
    await ends(id, 'delivered');

    const { log, ...seen } = await deliveries().get(tenant(), delivery);
    expect(seen).toMatchObject({ replays: 2, status: 'delivered' });
    await expect(retry(first)).rejects.toMatchObject({ code: 'OPERATION_STATE_CONFLICT' });
    const states = ['succeeded' as const, 'rejected' as const];
    const asked = { filter: { ids: log.map((one) => one.operationId), states }, repeatOnce: false, limit: 10 };
    const { items } = await run((tx) => world().get(OperationReplays).replay(tx, asked, origin));
    expect(items.map(({ of }) => of)).toEqual([seen.operationId]);
    expect(await ends(id, 'delivered')).toMatchObject([{ replays: 3, operationId: items[0]?.operationId }]);
  });

  it('wait while their endpoint is disabled, without a try', async () => {
    world().receiver.answers.set('/off', 500);
    const { id } = await endpoint('/off', { eventTypes: ['a'] });
    await publish();
    const [one] = await until(async () => ((all) => all[0]?.lastStatus === 500 && all)(await ofEndpoint(id)), {
      withinMs: 10_000,
      what: 'the first try is over',
    });
    await patch(id, { enabled: false });
    await world()
      .get(TenantDatabase)
      .run(tenant(), (tx) =>
        world()
          .get(OperationLedger)
          .retry(tx, one?.operationId ?? ''),
      );
    const isPaused = async () => (await world().sql(`SELECT FROM lanes WHERE lane_key = $1 AND paused_by IS NOT NULL`, [id])).length > 0; // prettier-ignore
    await until(isPaused, { withinMs: 10_000, what: 'it was claimed in vain' });

    expect(await deliveries().get(tenant(), one?.id ?? '')).toMatchObject({ status: 'pending', attempts: 1 });
    world().receiver.answers.set('/off', 200);
    await patch(id, { enabled: true });
    await ends(id, 'delivered');
    const { log } = await deliveries().get(tenant(), one?.id ?? '');
    expect(log).toMatchObject([
      { outcome: 'unknown', providerStatus: 500, excerpt: 'seen /off' },
      { outcome: 'ok', providerStatus: 200, excerpt: 'seen /off' },
    ]);
    expect(world().receiver.at('/off')).toHaveLength(2);
  });

  it('are sent again one by one, under the same webhook-id', async () => {
    const { id } = await endpoint('/again');
    await publish();
    const [one] = await ends(id, 'delivered');
    await replays().one(tenant(), one?.id ?? '', origin);
    const came = await world().arrived('/again', 2);

    expect(new Set(came.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    await ends(id, 'delivered');
    const seen = await deliveries().get(tenant(), one?.id ?? '');
    expect(seen).toMatchObject({ replays: 1, status: 'delivered' });
    expect(seen.log).toHaveLength(2);
    expect(await audited()).toBe(1);
  });

  it('that were held go out when their endpoint is enabled and they are asked for, counted first', async () => {
    const { id } = await endpoint('/held', { enabled: false });
    for (let n = 0; n < 5; n += 1) await publish({ data: String(n) });
    await expect(since(id)).rejects.toMatchObject({ code: 'WEBHOOK_ENDPOINT_DISABLED' });
    await patch(id, { enabled: true });

    expect(await since(id, { dryRun: true })).toEqual({ dryRun: true, deliveries: 5, next: null });
    expect(world().receiver.at('/held')).toEqual([]);
    const first = await since(id, { limit: 3 });
    expect(first).toMatchObject({ deliveries: 3 });
    expect(await since(id, { cursor: first.next ?? undefined })).toEqual({ dryRun: false, deliveries: 2, next: null });
    await ends(id, 'delivered', 5);
    expect(await since(id)).toMatchObject({ deliveries: 0 });
    expect(world().receiver.at('/held')).toHaveLength(5);
    expect(await audited()).toBe(2);
  });

  it('that failed are done again by the ledger, and whoever was parked behind them goes on', async () => {
    world().receiver.answers.set('/parked', 500);
    const { id } = await endpoint('/parked', { ordering: 'fifo', headOfLine: 'park' });
    await publish({ data: '1' });
    await world().arrived('/parked');
    await until(
      async () =>
        (await world().sql(`SELECT FROM operations WHERE integration = $1 AND state = 'queued'`, [id])).length === 1,
      {
        withinMs: 5_000,
        what: 'the first try is over',
      },
    );
    // As if the schedule were used up by the next try. The receiver may have taken one of them: it is dropped, not exhausted.
    await world().sql(
      `UPDATE operations SET attempt = 10, next_attempt_at = puente_now() WHERE integration = $1 AND state = 'queued'`,
      [id],
    );
    await ends(id, 'exhausted');
    world().receiver.answers.set('/parked', 200);
    const triedBefore = world().receiver.at('/parked').length;
    await publish({ data: '2' });
    await publish({ data: '3', key: 'another' });
    await ends(id, 'delivered');

    expect(await since(id)).toMatchObject({ deliveries: 1 });
    await ends(id, 'delivered', 3);
    const came = world().receiver.at('/parked').slice(triedBefore);
    expect(came.map(({ body }) => (JSON.parse(body) as { data: number }).data)).toEqual([3, 2, 1]);
  });

  it('reach an endpoint that was made after the event', async () => {
    const { id: eventId } = await publish({ data: '{"early":true}' });
    const { id } = await endpoint('/late');
    expect(await replays().event(tenant(), eventId, id, origin)).toMatchObject({
      eventId,
      endpointId: id,
      status: 'pending',
    });
    expect((await world().arrived('/late'))[0]?.body).toContain('"early":true');
    await ends(id, 'delivered');
    await replays().event(tenant(), eventId, id, origin);
    await world().arrived('/late', 2);
    expect(await ofEndpoint(id)).toHaveLength(1);
  });

  it('of a test go to the one endpoint, and say nothing about its health', async () => {
    const { id } = await endpoint('/test', { eventTypes: ['nothing.else'] });
    const sent = await world().get(EndpointTest).send(tenant(), id, origin);
    const [came] = await world().arrived('/test');
    expect(JSON.parse(came?.body ?? '{}')).toMatchObject({ type: 'webhook.test' });
    expect(await deliveries().get(tenant(), sent.deliveryId)).toMatchObject({ operationId: sent.operationId });

    await patch(id, { enabled: false });
    await expect(world().get(EndpointTest).send(tenant(), id, origin)).rejects.toMatchObject({
      code: 'WEBHOOK_ENDPOINT_DISABLED',
    });
  });

  it('are counted by endpoint, with how fast they were', async () => {
    world().receiver.answers.set('/stats', 200);
    const { id } = await endpoint('/stats');
    const stats = () => world().get(EndpointStatistics).of(tenant(), id, 24);
    expect(await stats()).toMatchObject({ delivered: 0, latencyMs: null, queueAgeMs: null, isSample: false });
    for (let n = 0; n < 3; n += 1) await publish();
    await ends(id, 'delivered', 3);
    const { latencyMs, ...counts } = await stats();

    expect(counts).toMatchObject({ delivered: 3, failed: 0, pending: 0, held: 0 });
    expect(latencyMs?.p50).toBeLessThanOrEqual(latencyMs?.p99 ?? -1);
  });

  it('of what became of operations go to who asks for them, and to nobody for deliveries', async () => {
    await endpoint('/operations', { eventTypes: ['operation.*'] });
    await endpoint('/everything', { eventTypes: ['*'] });
    await world().get(OperationWebhooks).look();
    const accepted = await world().sql(
      `INSERT INTO operations (id, tenant_id, provider, operation, integration, lane_key, effect, on_unknown, policy, priority, request_hash,
         input, settle_ms, state, next_attempt_at, created_at, updated_at)
       SELECT gen_random_uuid(), $1, 'sns', 'publish', 'default', 'default', 'once', 'review', 'messaging', 100, '\\x00', '{}', 0, 'queued',
         puente_now(), puente_now(), puente_now() RETURNING id`,
      [tenant()],
    );
    await publish();
    // Its input does not open: it waits for a person.
    const [came] = await world().arrived('/operations');
    expect(JSON.parse(came?.body ?? '{}')).toMatchObject({
      type: 'operation.needs_review',
      data: { operation_id: accepted[0]?.id, provider: 'sns', operation: 'publish', state: 'needs_review' },
    });
    await world().arrived('/everything');
    expect(world().receiver.at('/operations')).toHaveLength(1);
    expect(world().receiver.at('/everything')).toHaveLength(1);
  });
});
