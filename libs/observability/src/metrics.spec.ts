import { Metrics } from './metrics';

describe('Metrics', () => {
  it('gives the same metric to whoever asks for its name', async () => {
    const metrics = new Metrics();
    const spec = { name: 'puente_things_total', help: 'Things.', labelNames: ['kind'] as const };

    metrics.counter(spec).inc({ kind: 'a' });
    metrics.counter(spec).inc({ kind: 'a' });

    expect(await metrics.registry.metrics()).toContain('puente_things_total{kind="a"} 2');
  });

  it('refuses one name for two kinds of metric', () => {
    const metrics = new Metrics();
    metrics.gauge({ name: 'puente_things', help: 'Things.' });

    expect(() => metrics.histogram({ name: 'puente_things', help: 'Things.', buckets: [1] })).toThrow(
      /not a Histogram/,
    );
  });

  it('adds the figures of the process when it is told its name', async () => {
    expect(await new Metrics('api').registry.metrics()).toMatch(/process_cpu_seconds_total\{service="api"\}/);
  });
});
