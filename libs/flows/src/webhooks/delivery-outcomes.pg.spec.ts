import { until } from '../../../../test/support/sandbox-until';
import { webhooksFixture } from '../../../../test/support/webhooks.fixture';
import { origin } from '../../../../test/support/webhooks-world';
import { EndpointRemoval } from './endpoint-removal';
import { EndpointUpkeep } from './endpoint-upkeep';

describe('deliveries that end without success', () => {
  const { world, tenant, endpoint, publish, patch, see } = webhooksFixture();
  const states = async (id: string) =>
    (await world().sql(`SELECT state FROM operations WHERE integration = $1 ORDER BY seq`, [id])).map(
      ({ state }) => state,
    );
  const becomes = (id: string, wanted: object) =>
    until(
      async () =>
        ((one) => Object.entries(wanted).every(([k, v]) => one[k as keyof typeof one] === v) && one)(await see(id)),
      {
        withinMs: 15_000,
        what: `the endpoint is ${JSON.stringify(wanted)}`,
      },
    );
  /** As if the schedule of all that waits there were used up by the next try. */
  const lastTry = async (id: string): Promise<void> => {
    await world().sql(
      `UPDATE operations SET attempt = 10, next_attempt_at = puente_now() WHERE integration = $1 AND state = 'queued'`,
      [id],
    );
    await world().sql(`UPDATE lanes SET open_until = NULL, failures = 0 WHERE lane_key = $1`, [id]);
  };

  it('disable an endpoint at once that answers 410; what comes after is held, and other endpoints go on', async () => {
    world().receiver.answers.set('/gone', 410);
    const { id } = await endpoint('/gone');
    await endpoint('/watching', { eventTypes: ['endpoint.*'] });
    await publish('a');

    const seen = await becomes(id, { enabled: false, disabledReason: 'gone' });
    expect(seen.disabledAt).toBeInstanceOf(Date);
    const [told] = await world().arrived('/watching');
    expect(JSON.parse(told?.body ?? '{}')).toMatchObject({
      type: 'endpoint.disabled',
      data: { endpoint_id: id, url: world().receiver.url('/gone'), reason: 'gone' },
    });
    expect(await publish('a')).toMatchObject({ deliveries: 1, held: 1 });
    const [event] = await world().sql(`SELECT type, subject FROM operator_events WHERE tenant_id = $1`, [tenant()]);
    expect(event).toEqual({ type: 'endpoint.disabled', subject: `webhook-endpoint:${id}` });
    expect(world().receiver.at('/gone')).toHaveLength(1);
  });

  it('are told, and begin the five days after which an endpoint is disabled', async () => {
    world().receiver.answers.set('/broken', 500);
    const { id } = await endpoint('/broken', { eventTypes: ['a', 'delivery.*'] });
    await endpoint('/told', { eventTypes: ['delivery.*'] });
    await publish('a');
    await world().arrived('/broken');
    await until(async () => (await states(id))[0] === 'queued', { withinMs: 5_000, what: 'the first try is over' });
    await lastTry(id);

    const { failingSince } = await until(async () => ((one) => one.failingSince !== null && one)(await see(id)), {
      withinMs: 15_000,
      what: 'it is failing',
    });
    const [told] = await world().arrived('/told');
    expect(JSON.parse(told?.body ?? '{}')).toMatchObject({
      type: 'delivery.exhausted',
      data: { endpoint_id: id, deliveries: 1, last_code: '500' },
    });
    expect(
      world()
        .receiver.at('/broken')
        .filter(({ body }) => body.includes('delivery.exhausted')),
    ).toEqual([]);

    await world().sql(`UPDATE webhook_endpoints SET failing_since = $2 WHERE id = $1`, [
      id,
      new Date((failingSince ?? new Date()).getTime() - 4.9 * 86_400_000),
    ]);
    await world().get(EndpointUpkeep).pass();
    expect(await see(id)).toMatchObject({ enabled: true });
    await world().sql(`UPDATE webhook_endpoints SET failing_since = failing_since - interval '1 day' WHERE id = $1`, [
      id,
    ]);
    await world().get(EndpointUpkeep).pass();
    expect(await see(id)).toMatchObject({ enabled: false, disabledReason: 'failing' });
  });

  it('are forgotten once one succeeds, and that is told', async () => {
    world().receiver.answers.set('/mended', 500);
    const { id } = await endpoint('/mended');
    await endpoint('/glad', { eventTypes: ['delivery.recovered'] });
    await world().sql(`UPDATE webhook_endpoints SET failing_since = puente_now() - interval '1 hour' WHERE id = $1`, [
      id,
    ]);
    await world().get(EndpointUpkeep).pass();
    expect((await see(id)).failingSince).toBeInstanceOf(Date);

    world().receiver.answers.set('/mended', 204);
    await publish('a');
    await until(async () => (await states(id))[0] === 'succeeded', { withinMs: 10_000, what: 'it is delivered' });
    await world().get(EndpointUpkeep).pass();
    expect((await see(id)).failingSince).toBeNull();
    await world().arrived('/glad');
  });

  it('wait while their endpoint is disabled, and go on when it is enabled', async () => {
    world().receiver.answers.set('/paused', 500);
    const { id } = await endpoint('/paused');
    await publish('a');
    await world().arrived('/paused');
    await until(async () => (await states(id))[0] === 'queued', { withinMs: 5_000, what: 'the first try is over' });
    await patch(id, { enabled: false });
    world().receiver.answers.set('/paused', 200);
    await world().sql(`UPDATE operations SET next_attempt_at = puente_now() WHERE integration = $1`, [id]);
    await until(
      async () =>
        (await world().sql(`SELECT FROM lanes WHERE lane_key = $1 AND paused_by IS NOT NULL`, [id])).length === 1,
      {
        withinMs: 10_000,
        what: 'its lane waits',
      },
    );
    expect(world().receiver.at('/paused')).toHaveLength(1);
    expect(await states(id)).toEqual(['queued']);

    await patch(id, { enabled: true });
    await world().arrived('/paused', 2);
  });

  it('end with their endpoint', async () => {
    const { id } = await endpoint('/removed');
    await world().sql(`UPDATE tenant_integrations SET is_active = false WHERE name = $1`, [id]);
    await publish('a');
    await publish('a');
    await until(
      async () =>
        (await world().sql(`SELECT FROM lanes WHERE lane_key = $1 AND paused_by IS NOT NULL`, [id])).length === 1,
      {
        withinMs: 10_000,
        what: 'its lane waits',
      },
    );
    await world().get(EndpointRemoval).remove(tenant(), id, origin);
    await world().get(EndpointUpkeep).pass();
    expect(await states(id)).toEqual(['cancelled', 'cancelled']);
    expect(world().receiver.at('/removed')).toEqual([]);
  });
});
