import { webhooksFixture } from '../../../../test/support/webhooks.fixture';
import { origin } from '../../../../test/support/webhooks-world';
import { DeliveryReplays } from './delivery-replays';
import { WebhookEvents } from './webhook-events';
import { WebhookRetention } from './webhook-retention';

describe('publishing events', () => {
  const { world, tenant, endpoint, publish } = webhooksFixture();
  const events = async () => (await world().get(WebhookEvents).list(tenant())).items;

  it('takes an event that nobody wants: there is no delivery, and it can be seen', async () => {
    await endpoint('/none', { eventTypes: ['other.*'] });
    const { id } = await publish('order.paid', { data: '{"n":1.50}' });

    expect(await events()).toMatchObject([{ id, type: 'order.paid', deliveries: 0, held: 0, origin: 'api' }]);
    expect(await world().get(WebhookEvents).get(tenant(), id)).toMatchObject({ payload: { n: 1.5 } });
    await expect(
      world()
        .get(WebhookEvents)
        .get(await world().tenant(), id),
    ).rejects.toMatchObject({
      code: 'WEBHOOK_EVENT_NOT_FOUND',
    });
  });

  it('gives the same id the same event, however many ask at once, and refuses it for another one', async () => {
    await endpoint('/once');
    const same = { eventId: 'mine-1', data: '{"a":1}', key: 'k' };
    const all = await Promise.all(Array.from({ length: 30 }, () => publish('a', same)));

    expect(new Set(all.map(({ id }) => id)).size).toBe(1);
    expect(all.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(await publish('a', same)).toMatchObject({ id: all[0]?.id, deliveries: 1, replayed: true });
    for (const other of [
      { ...same, data: '{"a":2}' },
      { ...same, key: 'other' },
    ])
      await expect(publish('a', other)).rejects.toMatchObject({ code: 'EVENT_ID_REUSED' });
    await world().arrived('/once');
    expect(await events()).toHaveLength(1);
    expect(await world().sql(`SELECT FROM operations WHERE tenant_id = $1`, [tenant()])).toHaveLength(1);
  });

  it('reaches all endpoints that want it, once each, and of users only theirs', async () => {
    await endpoint('/all', { eventTypes: ['*', 'order.*', 'order.paid'] });
    await endpoint('/ana', { userId: 'ana' });
    await endpoint('/eva', { userId: 'eva' });

    expect(await publish('order.paid', { userId: 'ana' })).toMatchObject({ deliveries: 2 });
    expect(await publish('order.paid')).toMatchObject({ deliveries: 1 });
    await Promise.all([world().arrived('/all', 2), world().arrived('/ana')]);
    expect(world().receiver.at('/eva')).toEqual([]);
  });

  it('keeps the order of each key at an endpoint that wants it', async () => {
    await endpoint('/fifo', { ordering: 'fifo', payloadVersion: 2 });
    const [keys, count] = [['k1', 'k2', 'k3'], 8];
    const inOrder = async (key: string): Promise<void> => {
      for (let n = 0; n < count; n += 1) await publish('a', { key, data: String(n) });
    };
    await Promise.all(keys.map(inOrder));
    const all = (await world().arrived('/fifo', keys.length * count)).map(
      ({ body }) => JSON.parse(body) as { key: string; data: number },
    );
    for (const key of keys)
      expect(all.filter((one) => one.key === key).map(({ data }) => data)).toEqual(
        Array.from({ length: count }, (_, n) => n),
      );
  });

  it('sends version 2 with id, key and user, and the id as webhook-id', async () => {
    await endpoint('/v2', { payloadVersion: 2, userId: 'ana' });
    const { id } = await publish('a.b', { key: 'k', userId: 'ana', data: '[1]' });
    const [came] = await world().arrived('/v2');
    expect(came?.headers['webhook-id']).toBe(`msg_${id}`);
    expect(JSON.parse(came?.body ?? '{}')).toMatchObject({
      id: `msg_${id}`,
      type: 'a.b',
      key: 'k',
      user_id: 'ana',
      data: [1],
    });
  });

  it('refuses what is too large, alone or times its endpoints, and only that', async () => {
    await endpoint('/small', { eventTypes: ['small'] });
    const data = (bytes: number) => JSON.stringify('x'.repeat(bytes - 2));
    const all = await Promise.allSettled([
      publish('a', { data: data(262_145) }),
      publish('a', { data: data(262_144) }),
      publish('small'),
    ]);
    expect(all.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(all[0]).toMatchObject({ reason: { code: 'EVENT_TOO_LARGE' } });

    await world().sql(
      `WITH made AS (INSERT INTO webhook_endpoints (id, tenant_id, description, event_types, payload_version, ordering, head_of_line,
           enabled, disabled_reason, disabled_at, signing_keys, created_at, updated_at)
         SELECT gen_random_uuid(), $1, '', '{many}', 1, 'none', 'skip', false, 'admin', now(), '[]', now(), now()
         FROM generate_series(1, 10000) RETURNING tenant_id, id)
       INSERT INTO webhook_subscriptions SELECT tenant_id, 'many', '', id FROM made`,
      [tenant()],
    );
    await expect(publish('many', { data: data(8_000) })).rejects.toMatchObject({ code: 'EVENT_FAN_OUT_TOO_LARGE' });
    expect(await publish('many')).toMatchObject({ deliveries: 10_000, held: 10_000 });
    expect(await publish('small')).toMatchObject({ deliveries: 1 });
  });

  it('goes on with the others when the database refuses one', async () => {
    const deleted = await world().tenant();
    await world().sql(`UPDATE tenants SET status = 'deleted', data_key = NULL, deleted_at = now() WHERE id = $1`, [
      deleted,
    ]);
    const all = await Promise.allSettled([publish('a'), publish('a', { tenantId: deleted }), publish('a')]);
    expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await world().sql(`SELECT FROM webhook_events WHERE tenant_id = $1`, [deleted])).toEqual([]);
  });

  it('keeps payloads encrypted', async () => {
    const { id } = await publish('a', { data: '{"secret":"hush-hush"}' });
    const [row] = await world().sql(`SELECT payload::text AS payload FROM webhook_events WHERE id = $1`, [id]);
    expect(row?.payload).not.toContain('hush-hush');
  });

  /** The last one: it moves the clock by which everything is due. */
  it('forgets payloads after 90 days and events after 400, with their deliveries', async () => {
    const { id: endpointId } = await endpoint('/old', { enabled: false });
    const { id } = await publish('a', { data: '{"n":1}' });
    const retention = world().get(WebhookRetention);
    await retention.run();
    expect(await world().get(WebhookEvents).get(tenant(), id)).toMatchObject({ payload: { n: 1 } });

    await world().advance('91 days');
    await retention.run();
    expect(await world().get(WebhookEvents).get(tenant(), id)).toMatchObject({ payload: null, deliveries: 1 });
    expect(await world().sql(`SELECT FROM webhook_events WHERE id = $1 AND payload = 'null'`, [id])).toHaveLength(1);
    await expect(
      world()
        .get(DeliveryReplays)
        .event(tenant(), id, (await endpoint('/new')).id, origin),
    ).rejects.toMatchObject({ code: 'EVENT_PAYLOAD_EXPIRED' });

    await world().advance('310 days');
    await retention.run();
    await expect(world().get(WebhookEvents).get(tenant(), id)).rejects.toMatchObject({
      code: 'WEBHOOK_EVENT_NOT_FOUND',
    });
    expect(await world().sql(`SELECT FROM webhook_deliveries WHERE endpoint_id = $1`, [endpointId])).toEqual([]);
  });
});
