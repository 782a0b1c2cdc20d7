import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Test, type TestingModule } from '@nestjs/testing';
import { Clock } from '@puente/kernel';
import { HastyClock } from '../../../test/support/manual-clock';
import {
  PollingHealth,
  type QueueBinding,
  QueueBindings,
  QueueClients,
  type TenantQueueClient,
} from './queue-bindings.port';
import { QueueBatchHandler, type Verdict } from './queue-handler.port';
import type { QueueMessage } from './queue-message';
import { QueueGauges, type QueueReading } from './queue-monitor';
import { QueueSupervisor } from './queue-supervisor';
import { QueueModule } from './queue.module';
import { WireSqs } from './testing/wire-sqs';

/** Everybody's seconds are a tenth as long: what is waited for in between is nobody's work. */
const SECOND_MS = 1_000 / HastyClock.TIMES;

/** What an application binds, with knobs. */
class World extends QueueBatchHandler implements PollingHealth, QueueBindings, QueueClients, QueueGauges {
  healthy = true;
  bound: QueueBinding[] = [];
  version = 'v1';
  withoutCredentials = new Set<string>();
  handled: string[] = [];
  readings: readonly QueueReading[] = [];
  verdict: (message: QueueMessage) => Promise<Verdict> = async () => ({ kind: 'done' });

  constructor(private readonly sqs: WireSqs) {
    super();
  }

  async handle(messages: readonly QueueMessage[]): Promise<readonly Verdict[]> {
    const verdicts: Verdict[] = [];
    for (const message of messages) {
      verdicts.push(await this.verdict(message));
      this.handled.push(message.body);
    }
    return verdicts;
  }

  async isHealthy(): Promise<boolean> {
    return this.healthy;
  }

  async all(): Promise<QueueBinding[]> {
    return this.bound;
  }

  async open(binding: QueueBinding, current: string | undefined): Promise<TenantQueueClient | undefined> {
    if (this.withoutCredentials.has(binding.queueUrl)) throw new Error('no credentials');
    return current === this.version ? undefined : { client: this.sqs.client(), version: this.version };
  }

  show(readings: readonly QueueReading[]): void {
    this.readings = readings;
  }

  bind(name: string): QueueBinding {
    const binding = {
      tenantId: `tenant of ${name}`,
      queueUrl: this.sqs.url(name),
      deadLetterUrl: this.sqs.url(`${name}-dead`),
      integration: 'default',
    };
    this.bound = [...this.bound, binding];
    return binding;
  }
}

describe('QueueModule', () => {
  let sqs: WireSqs;
  let world: World;
  let app: TestingModule | undefined;

  beforeEach(async () => {
    sqs = await new WireSqs(SECOND_MS).listen();
    world = new World(sqs);
  });

  afterEach(async () => {
    await app?.close();
    app = undefined;
    await sqs.close();
  });

  async function start(platform: string[] = [], monitorEveryMs = 60_000): Promise<TestingModule> {
    const ports = [QueueBatchHandler, PollingHealth, QueueBindings, QueueClients, QueueGauges];
    const module = QueueModule.forRoot({
      options: {
        platformQueueUrls: platform.map((name) => sqs.url(name)),
        platformClient: sqs.client(),
        longPollSeconds: 1,
        monitorEveryMs,
        drainMs: 10_000,
      },
      ports: [...ports.map((provide) => ({ provide, useValue: world })), { provide: Clock, useClass: HastyClock }],
    });
    app = await Test.createTestingModule({ imports: [module] }).compile();
    app.useLogger(false);
    return app.init();
  }

  describe.each([
    ['through @ssut/nestjs-sqs', ['q.fifo']],
    ['through the supervisor', []],
  ])('a queue read %s', (_how, platform) => {
    it('deletes what is done, gives back what is to be tried again, and buries what is dead with its reason', async () => {
      world.bind('q.fifo');
      const attributes = { color: { DataType: 'String', StringValue: 'rojo' } };
      sqs.put('q.fifo', 'good', 'a');
      const bad = sqs.put('q.fifo', 'bad ñ', 'b', attributes);
      sqs.put('q.fifo', 'later', 'c');
      let refusals = 2;
      world.verdict = async ({ body }) => {
        if (body === 'later' && (refusals -= 1) >= 0) return { kind: 'retry' };
        return body.startsWith('bad') ? { kind: 'dead', reason: 'not JSON' } : { kind: 'done' };
      };

      await start(platform);

      await until(() => sqs.in('q.fifo').length === 0);
      expect(world.handled.filter((body) => body === 'later')).toHaveLength(3);
      expect(world.handled.filter((body) => body !== 'later')).toEqual(['good', 'bad ñ']);
      expect(sqs.in('q.fifo-dead')).toEqual([
        expect.objectContaining({
          body: 'bad ñ',
          attributes: {
            ...attributes,
            puente_reason: { DataType: 'String', StringValue: 'not JSON' },
            puente_source_message_id: { DataType: 'String', StringValue: bad.id },
          },
        }),
      ]);
    });

    it('keeps everything in the queue when the handler throws, and lives', async () => {
      world.bind('q.fifo');
      sqs.put('q.fifo', 'text', 'a');
      let throws = 2;
      world.verdict = async () => {
        if ((throws -= 1) >= 0) throw new Error('bug');
        return { kind: 'done' };
      };

      await start(platform);

      await until(() => sqs.in('q.fifo').length === 0);
      expect(world.handled).toEqual(['text']);
    });

    it('waits longer and longer while SQS is down, and goes on when it is back', async () => {
      world.bind('q.fifo');
      await start(platform);
      await until(() => sqs.count('ReceiveMessage', 'q.fifo') > 0);
      const port = sqs.port;
      await sqs.close();
      let tries = 0;
      const down = createServer((socket) => {
        tries += 1;
        socket.destroy();
      });
      await new Promise<void>((resolve) => down.listen(port, '127.0.0.1', resolve));
      await sleep(1.5 * SECOND_MS);
      await new Promise((resolve) => down.close(resolve));
      await sqs.listen(port);
      sqs.put('q.fifo', 'after the outage', 'a');

      await until(() => world.handled.length === 1);

      // After 250 ms, 500 ms, 1 s; without a wait of our own the library makes a try each millisecond.
      expect(tries).toBeGreaterThan(1);
      expect(tries).toBeLessThan(8);
    });

    it('takes nothing out of the queue while PostgreSQL is away', async () => {
      world.bind('q.fifo');
      world.healthy = false;
      const message = sqs.put('q.fifo', 'patient', 'a');

      await start(platform);
      await sleep(7 * SECOND_MS);
      const whileAway = [sqs.count('ReceiveMessage', 'q.fifo'), message.receives];
      world.healthy = true;
      await until(() => sqs.in('q.fifo').length === 0);

      expect(whileAway).toEqual([0, 0]);
      expect(message.receives).toBe(1);
    });

    it('finishes and deletes the batch in hand before it stops', async () => {
      world.bind('q.fifo');
      const started = new Promise<void>((resolve) => {
        world.verdict = async () => {
          resolve();
          await sleep(3 * SECOND_MS);
          return { kind: 'done' };
        };
      });
      sqs.put('q.fifo', 'slow', 'a');
      const running = await start(platform);
      await started;

      await running.close();

      expect(world.handled).toEqual(['slow']);
      expect(sqs.in('q.fifo')).toEqual([]);
    });

    it('stops soon although PostgreSQL is away', async () => {
      world.bind('q.fifo');
      world.healthy = false;
      const running = await start(platform);
      await sleep(200);
      const before = performance.now();

      await running.close();

      expect(performance.now() - before).toBeLessThan(1_500);
    });

    it('tells how full the queue and its dead-letter queue are', async () => {
      world.bind('q.fifo');
      world.verdict = async () => ({ kind: 'dead', reason: 'bad' });
      sqs.put('q.fifo', 'one', 'a');
      await start(platform, 50);
      await until(() => sqs.in('q.fifo').length === 0);
      await until(() => world.readings.some(({ deadLetters, inFlight }) => deadLetters === 1 && inFlight === 0));

      expect(world.readings).toEqual([
        {
          queueUrl: sqs.url('q.fifo'),
          tenantId: 'tenant of q.fifo',
          depth: 0,
          inFlight: 0,
          delayed: 0,
          deadLetters: 1,
          oldestAgeSeconds: 0,
          received: 1,
          buried: 1,
        },
      ]);
    });
  });

  it('does not read a platform queue that is bound to no tenant, and begins when it is', async () => {
    sqs.put('q.fifo', 'whose?', 'a');
    await start(['q.fifo']);
    await sleep(5 * SECOND_MS);
    const before = sqs.count('ReceiveMessage', 'q.fifo');

    world.bind('q.fifo');
    await until(() => world.handled.length === 1);

    expect(before).toBe(0);
  });

  it('reads queues that are bound later and leaves those that are unbound', async () => {
    const running = await start();
    const binding = world.bind('late.fifo');
    sqs.put('late.fifo', 'hello', 'a');
    await until(() => world.handled.length === 1);

    world.bound = world.bound.filter((one) => one !== binding);
    await until(() => running.get(QueueSupervisor).urls().length === 0);
    // The poll under way may still bring what comes now: that is given back, never handled.
    const left = sqs.put('late.fifo', 'bye', 'a');
    await sleep(3 * SECOND_MS);
    const polls = sqs.count('ReceiveMessage', 'late.fifo');
    await sleep(3 * SECOND_MS);

    expect(world.handled).toEqual(['hello']);
    expect(sqs.in('late.fifo')).toContain(left);
    expect(sqs.count('ReceiveMessage', 'late.fifo')).toBe(polls);
  });

  it('lets no failing queue disturb another', async () => {
    const broke = world.bind('broke.fifo');
    world.withoutCredentials.add(broke.queueUrl);
    world.bind('forbidden.fifo');
    sqs.forbidden.add('forbidden.fifo');
    world.bind('fine.fifo');
    sqs.put('fine.fifo', 'one', 'a');

    await start();
    await until(() => world.handled.includes('one'));
    sqs.put('fine.fifo', 'two', 'a');
    await until(() => world.handled.includes('two'));

    expect(sqs.count('ReceiveMessage', 'broke.fifo')).toBe(0);
    expect(sqs.count('ReceiveMessage', 'forbidden.fifo')).toBeLessThan(8);
  });

  it('buries a message that has no room for our attributes without them', async () => {
    world.bind('q.fifo');
    sqs.refuseAttributes.add('q.fifo-dead');
    world.verdict = async () => ({ kind: 'dead', reason: 'bad' });
    sqs.put('q.fifo', 'full', 'a', { own: { DataType: 'String', StringValue: 'x' } });

    await start();
    await until(() => sqs.in('q.fifo').length === 0);

    expect(sqs.in('q.fifo-dead').map(({ attributes }) => Object.keys(attributes ?? {}))).toEqual([['own']]);
  });

  it('buries the bad ones of a batch with one request, in order', async () => {
    world.bind('q.fifo');
    world.verdict = async ({ body }) => (body === 'good' ? { kind: 'done' } : { kind: 'dead', reason: `bad ${body}` });
    for (const body of ['1', '2', 'good', '3']) sqs.put('q.fifo', body, `group of ${body}`);

    await start();
    await until(() => sqs.in('q.fifo').length === 0);

    expect(sqs.in('q.fifo-dead').map(({ body }) => body)).toEqual(['1', '2', '3']);
    expect(sqs.calls.filter(({ operation }) => operation.startsWith('SendMessage'))).toHaveLength(1);
  });

  it('leaves a dead message where it is when the dead-letter queue does not take it', async () => {
    world.bind('q.fifo');
    sqs.forbidden.add('q.fifo-dead');
    world.verdict = async () => ({ kind: 'dead', reason: 'bad' });
    sqs.put('q.fifo', 'stays', 'a');

    await start();
    await until(() => world.handled.length >= 2);

    expect(sqs.in('q.fifo').map(({ body }) => body)).toEqual(['stays']);
  });
});

async function until(condition: () => boolean, ms = 15_000): Promise<void> {
  const end = performance.now() + ms;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`not within ${String(ms)} ms: ${condition.toString()}`);
    await sleep(10);
  }
}
