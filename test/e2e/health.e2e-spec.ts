import { randomUUID } from 'node:crypto';
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

function sum(metrics: string, name: string): number {
  return metrics
    .split('\n')
    .filter((line) => line.startsWith(name))
    .reduce((total, line) => total + Number(line.split(' ').at(-1)), 0);
}
