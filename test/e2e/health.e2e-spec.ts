import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { rulesOf, selectorsOf } from '../support/prometheus-rules';
import { api, sandboxFacts } from '../support/sandbox';
import { bodyOf, JsonClient } from '../support/sandbox-client';
import { type ReadyTenant, SandboxTenant } from '../support/sandbox-tenant';
import { until } from '../support/sandbox-until';

describe('health and metrics', () => {
  const worker = () => new JsonClient(sandboxFacts().workerUrl ?? '');
  let tenant: ReadyTenant;

  beforeAll(async () => {
    tenant = await SandboxTenant.createReady(sandboxFacts());
  });

  it.each([
    ['the API', () => api()],
    ['the worker', worker],
  ])('%s says that it lives and is ready', async (_, client) => {
    expect((await client().get('/health/live')).status).toBe(200);
    const ready = await client().get('/health/ready');
    expect([ready.status, ready.text]).toEqual([200, expect.any(String)]);
  });

  it('readiness names what it looked at', async () => {
    const { text } = await api().get('/health/ready');
    expect(text).toMatch(/database/i);
    expect(text).toMatch(/migrations/i);
  });

  it('metrics are Prometheus text, and count what was done', async () => {
    const accepted = async () => sum(await metricsOf(api()), 'puente_operations_accepted_total');
    const before = await accepted();
    bodyOf(await tenant.notify({ topic: tenant.topicArn, subject: 's', message: `m ${randomUUID()}` }), 202);
    expect(await accepted()).toBeGreaterThan(before);
  });

  it('metrics show depth, age and dead letters of the queues', async () => {
    const names = await until(
      async () => {
        const text = await metricsOf(worker());
        const found = ['depth', 'age', 'dead_letter'].filter((word) =>
          new RegExp(`^puente_queue\\w*${word}\\w*\\{?`, 'm').test(text),
        );
        return found.length === 3 && found;
      },
      { withinMs: 20_000, what: 'the worker shows its queues' },
    );
    expect(names).toHaveLength(3);
  });

  it('metrics have every name and label that the alert rules ask for', async () => {
    const text = [await metricsOf(api()), await metricsOf(worker())].join('\n');
    const asked = rulesOf(readFileSync(path.resolve(__dirname, '../../docs/prometheus/puente.rules.yml'), 'utf8'))
      .flatMap(({ expr }) => selectorsOf(expr))
      .map(({ metric, labels }) => ({ metric, labels: labels.filter((label) => !isLabel(text, metric, label)) }));

    expect(asked.filter(({ metric }) => !isExported(text, metric))).toEqual([]);
    expect(asked.filter(({ labels }) => labels.length > 0)).toEqual([]);
  });

  it('metrics have no tenant and no secret in their labels', async () => {
    for (const client of [api(), worker()]) {
      const text = await metricsOf(client);
      expect(text).not.toContain(tenant.keys.client);
      expect(text).not.toContain(tenant.aws.accessKeyId);
    }
  });
});

async function metricsOf(client: JsonClient): Promise<string> {
  const { status, text, headers } = await client.get('/metrics');
  expect([status, headers['content-type']]).toEqual([200, expect.stringContaining('text/plain')]);
  return text;
}

/** Of a histogram, rules ask for its parts. */
function isExported(text: string, metric: string): boolean {
  const family = metric.replace(/_(bucket|count|sum)$/, '');
  return text.includes(`# TYPE ${metric} `) || text.includes(`# TYPE ${family} histogram\n`);
}

/** Whether its samples have the label; of a metric without samples nothing can be said. */
function isLabel(text: string, metric: string, label: string): boolean {
  const samples = text.split('\n').filter((line) => line.startsWith(`${metric}{`));
  return samples.length === 0 || samples.some((line) => line.includes(`${label}="`));
}

function sum(metrics: string, name: string): number {
  return metrics
    .split('\n')
    .filter((line) => line.startsWith(name))
    .reduce((total, line) => total + Number(line.split(' ').at(-1)), 0);
}
