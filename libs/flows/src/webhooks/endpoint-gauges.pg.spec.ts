import { Metrics } from '@puente/observability';
import { until } from '../../../../test/support/sandbox-until';
import { webhooksFixture } from '../../../../test/support/webhooks.fixture';
import { EndpointGauges } from './endpoint-gauges';
import { EndpointStatistics } from './endpoint-stats';

describe('webhooks at /metrics', () => {
  const { world, tenant, endpoint, publish, patch } = webhooksFixture({ settings: { WEBHOOK_ENDPOINT_METRICS: '2' } });
  const ended = (id: string, count: number) =>
    until(
      async () =>
        (await world().sql(`SELECT FROM operations WHERE lane_key = $1 AND settled_at IS NOT NULL`, [id])).length ===
        count,
      { withinMs: 10_000, what: `${String(count)} deliveries ended` },
    );
  const shown = async (name: string) => {
    await world().get(EndpointGauges).show();
    const metric = await world().get(Metrics).registry.getSingleMetric(`puente_webhook_${name}`)?.get();
    const values = metric?.values.map(({ labels, value }) => ({ ...labels, value })) ?? [];
    return values as ({ readonly value: number } & Partial<Record<'endpoint' | 'waits_for', string>>)[];
  };

  it('shows what the statistics say, of the busiest endpoints and of no more than the operator wants', async () => {
    const made = [];
    for (const n of [1, 2, 3]) made.push((await endpoint(`/m/${String(n)}`, { eventTypes: [`t.${String(n)}`] })).id); // prettier-ignore
    const [least = '', most = '', second = ''] = made;
    for (const type of ['t.1', 't.2', 't.2', 't.2', 't.2', 't.3', 't.3']) await publish(type);
    await Promise.all([ended(least, 1), ended(most, 4), ended(second, 2)]);
    world().receiver.answers.set('/m/3', 410);
    await publish('t.3');
    await ended(second, 3);

    const deliveries = await shown('endpoint_deliveries');
    expect(new Set(deliveries.map((one) => one.endpoint))).toEqual(new Set([most, second]));
    expect(deliveries).toContainEqual({ endpoint: most, status: 'delivered', value: 4 });
    expect(deliveries).toContainEqual({ endpoint: second, status: 'failed', value: 1 });
    const { latencyMs } = await world().get(EndpointStatistics).of(tenant(), most, 1);
    expect((await shown('endpoint_delivery_seconds')).filter((one) => one.endpoint === most)).toEqual([
      { endpoint: most, quantile: '0.5', value: (latencyMs?.p50 ?? -1) / 1_000 },
      { endpoint: most, quantile: '0.95', value: (latencyMs?.p95 ?? -1) / 1_000 },
      { endpoint: most, quantile: '0.99', value: (latencyMs?.p99 ?? -1) / 1_000 },
    ]); // prettier-ignore
    expect((await shown('endpoint_queue_age_seconds')).map((one) => Object.keys(one))).toEqual([
      ['endpoint', 'value'],
      ['endpoint', 'value'],
    ]);
    const all = await world().get(Metrics).registry.getSingleMetricAsString('puente_operation_duration_seconds');
    expect(all).toMatch(/_count\{(?=.*provider="webhooks")(?=.*state="succeeded").*\} 7$/m);
    expect(all).not.toContain(most);
  });

  it('shows the age of the queue over all endpoints, but of those that are disabled', async () => {
    world().receiver.answers.set('/age', 500);
    const { id } = await endpoint('/age');
    await publish('x');
    await world().arrived('/age');
    await until(async () => (await world().sql(`SELECT FROM operations WHERE lane_key = $1 AND state = 'queued'`, [id])).length === 1, { withinMs: 5_000, what: 'it waits' }); // prettier-ignore
    await world().sql(`UPDATE operations SET created_at = created_at - interval '1 hour', next_attempt_at = puente_now() + interval '1 hour' WHERE lane_key = $1`, [id]); // prettier-ignore

    const ages = async () => new Map((await shown('queue_age_seconds')).map((one) => [one.waits_for, one.value]));
    const before = await ages();
    expect(before.get('next_try')).toBeGreaterThanOrEqual(3_600);
    expect(before.get('first_try')).toBeLessThan(60);
    await patch(id, { enabled: false });
    expect((await ages()).get('next_try')).toBeLessThan(60);
  });
});
