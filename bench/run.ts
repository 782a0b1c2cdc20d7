import { randomUUID } from 'node:crypto';
import { cpus, loadavg } from 'node:os';
import { closeClients, JsonClient } from '../test/support/sandbox-client';
import { SandboxProcess } from '../test/support/sandbox-process';
import { type Received, type ReadyTenant, SandboxTenant } from '../test/support/sandbox-tenant';
import { until } from '../test/support/sandbox-until';
import { load, percentiles } from './load';

const CONCURRENCY = 50;
const SECONDS = 5;
const JOURNEYS = 50;

/**
 * Measures the trunk on the sandbox and prints JSON; asserts nothing, because a figure means something only beside
 * another one of the same run. Client, API, worker, database and stand-ins share the machine: read the ratios.
 */
async function main(): Promise<void> {
  const sandbox = await SandboxProcess.start();
  try {
    const facts = sandbox.facts();
    const tenant = await SandboxTenant.createReady(facts);
    say(`an empty route, ${String(CONCURRENCY)} at a time`);
    const live = await emptyRoute(new JsonClient(facts.apiUrl));
    say(`${String(JOURNEYS)} notifications, one after the other`);
    const journey = await journeys(tenant);
    say(`notifications, ${String(CONCURRENCY)} at a time`);
    const accept = await accepts(tenant);
    const acceptOfLive = Math.round((accept.perSecond / live.perSecond) * 1_000) / 1_000;
    const machine = { node: process.version, cpus: cpus().length, load: loadavg() };
    process.stdout.write(`${JSON.stringify({ live, accept, acceptOfLive, journey, machine }, undefined, 2)}\n`);
  } finally {
    await sandbox.remove();
    await closeClients();
  }
}

/** What HTTP costs here when nothing is done. */
function emptyRoute(client: JsonClient) {
  return load(async () => (await client.get('/health/live')).status === 200, {
    concurrency: CONCURRENCY,
    seconds: SECONDS,
  });
}

/** Durable accepts under load, and how long it takes until SNS has all of them. */
async function accepts(tenant: ReadyTenant) {
  const topicArn = await tenant.createTopic(`${tenant.name}-load`);
  const started = performance.now();
  const measured = await load(async () => (await tenant.notify(some(topicArn))).status === 202, {
    concurrency: CONCURRENCY,
    seconds: SECONDS,
  });
  const accepted = measured.requests - measured.failed;
  await until(async () => (await tenant.received(topicArn)).length >= accepted, {
    ...{ withinMs: 600_000, everyMs: 500, what: 'SNS has everything that was accepted' },
  });
  const publishedPerSecond = Math.round(accepted / ((performance.now() - started) / 1_000));
  return { ...measured, publishedPerSecond };
}

/** From sending the request to SNS having the message, on an idle system. */
async function journeys(tenant: ReadyTenant) {
  const latencies: number[] = [];
  for (let round = 0; round < JOURNEYS; round++) {
    const body = some(tenant.topicArn);
    const sentAt = Date.now();
    await tenant.notify(body);
    const arrived = await until(() => arrivalOf(tenant, body.message), { withinMs: 30_000, what: body.message });
    latencies.push(Date.parse(arrived.at) - sentAt);
  }
  return percentiles(latencies);
}

async function arrivalOf(tenant: ReadyTenant, message: string): Promise<Received | undefined> {
  return (await tenant.received(tenant.topicArn)).find((effect) => effect.message === message);
}

function some(topic: string) {
  return { topic, subject: 'Medición', message: randomUUID(), group: randomUUID() };
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
});
