import { DatabaseUnavailableError, DispatchDatabase } from '@puente/database';
import { CredentialVault, type ResolvedCredentials } from '@puente/integrations';
import { loopbackEgress } from '@puente/integrations/contract-suite';
import { StandInHost } from '@puente/integrations/testing';
import { Secret, SystemClock } from '@puente/kernel';
import { LogSink, Metrics } from '@puente/observability';
import { until } from '../../../../../test/support/sandbox-until';
import { createTestDatabase, type TestDatabase } from '../../../../../test/support/test-database';
import { MqttStandIn, SANDBOX_BROKER_LOGIN } from '../testing';
import { ListenerTurns } from './listener-turns';
import { MqttListenerLog } from './mqtt-listener-log';
import { ListenerPorts, MqttListeners } from './mqtt-listeners';
import { type MqttMessage, MqttMessageHandler, type MqttRefusal } from './mqtt-message-handler.port';
import { type MqttSubscription, MqttSubscriptions } from './mqtt-subscriptions.port';

const patience = (what: string) => ({ withinMs: 10_000, everyMs: 20, what });

/** Waits a tenth of what it is told: pauses between tries, and between looks at what is wanted. */
class Quick extends SystemClock {
  override sleep(ms: number, signal?: Parameters<SystemClock['sleep']>[1]): Promise<void> {
    return super.sleep(ms / 10, signal);
  }
}

class Lines extends LogSink {
  readonly events: string[] = [];
  debug(fields: object): void {
    this.events.push((fields as { event: string }).event);
  }
  info(fields: object): void {
    this.debug(fields);
  }
  warn(fields: object): void {
    this.debug(fields);
  }
  error(fields: object): void {
    this.debug(fields);
  }
  isLevelEnabled(): boolean {
    return true;
  }
}

class Wanted extends MqttSubscriptions {
  list: readonly MqttSubscription[] = [];
  async all(): Promise<readonly MqttSubscription[]> {
    return this.list;
  }
}

class Accounts extends CredentialVault {
  version = '1';
  password: string = SANDBOX_BROKER_LOGIN.password;
  async resolve(): Promise<ResolvedCredentials> {
    const secrets = new Secret({ ...SANDBOX_BROKER_LOGIN, password: this.password });
    return { secrets, config: { url: standIn.brokerUrl }, version: this.version, externalId: 'x', provenance: {} };
  }
}

class Notes extends MqttMessageHandler {
  readonly handled: string[] = [];
  readonly refused: string[] = [];
  tries = 0;
  before: (text: string) => Promise<void> | void = () => undefined;
  async handle({ payload }: MqttMessage): Promise<void> {
    this.tries += 1;
    await this.before(payload.toString());
    this.handled.push(payload.toString());
  }
  async refuse({ payload }: MqttMessage, reason: MqttRefusal): Promise<void> {
    this.refused.push(`${reason} ${payload.subarray(0, 10).toString()}`);
  }
}

let database: TestDatabase;
let host: StandInHost;
let standIn: MqttStandIn;
const running: Worker[] = [];

/** What a worker has of it. */
class Worker {
  readonly wanted = new Wanted();
  readonly notes = new Notes();
  readonly accounts = new Accounts();
  readonly lines = new Lines();
  readonly metrics = new Metrics();
  private readonly dispatch = new DispatchDatabase({ url: database.dispatchUrl, max: 2, applicationName: 'listeners' });
  private readonly turns = new ListenerTurns(this.dispatch);
  readonly listeners: MqttListeners;

  constructor(tenantId: string, topics: readonly string[] = ['in/#']) {
    this.wanted.list = [{ tenantId, integration: 'default', topics }];
    const clock = new Quick();
    const ports = new ListenerPorts(this.wanted, this.notes, this.accounts, loopbackEgress());
    const log = new MqttListenerLog(this.lines, clock, this.metrics);
    this.listeners = new MqttListeners(ports, this.turns, log, clock);
    this.listeners.onApplicationBootstrap();
    running.push(this);
  }

  get state(): string | undefined {
    return this.listeners.states()[0]?.state;
  }

  async is(state: string): Promise<void> {
    await until(() => this.state === state, patience(`the listener is ${state}, not ${String(this.state)}`));
  }

  /** As a worker that is killed: what it held in PostgreSQL is given up, its connection to the broker breaks. */
  async stop(): Promise<void> {
    if (running.includes(this)) running.splice(running.indexOf(this), 1);
    await this.listeners.beforeApplicationShutdown();
    await this.dispatch.close();
  }
}

beforeAll(async () => {
  database = await createTestDatabase();
  standIn = new MqttStandIn(0);
  host = await StandInHost.start({ databaseUrl: database.superuserUrl, port: 0, parts: [standIn] });
});

afterEach(async () => {
  await Promise.all(running.map((worker) => worker.stop()));
});

afterAll(async () => {
  await host.stop();
  await database.drop();
});

async function order(path: string, body: object): Promise<void> {
  const answer = await fetch(`${host.url}/_sandbox/mqtt/${path}`, { method: 'POST', body: JSON.stringify(body) });
  expect(answer.status).toBeLessThan(300);
}

const send = (payload: string, topic = 'in/a'): Promise<void> => order('publish', { topic, payload });

describe('listening', () => {
  it('hands every message over in order, and nothing of other topics', async () => {
    const worker = new Worker('tenant-order');
    await worker.is('listening');
    for (const text of ['1', '2', '3']) await send(text);
    await send('elsewhere', 'out/a');
    await send('4');
    await until(() => worker.notes.handled.length === 4, patience('four messages'));
    expect(worker.notes.handled).toEqual(['1', '2', '3', '4']);
    expect(await worker.metrics.registry.metrics()).toMatch(/puente_mqtt_messages_total\{result="handled"\} 4/);
    expect(worker.lines.events).toContain('listener.connected');
  });

  it('gets what was published while nobody listened, and again what was not committed', async () => {
    const first = new Worker('tenant-restart');
    await first.is('listening');
    first.notes.before = () => Promise.reject(new DatabaseUnavailableError(new Error('away')));
    await send('in hand');
    await until(() => first.notes.tries > 0, patience('the message arrives'));
    await first.stop();
    await send('meanwhile');

    const second = new Worker('tenant-restart');
    await until(() => second.notes.handled.length === 2, patience('both messages'));
    expect(second.notes.handled).toEqual(['in hand', 'meanwhile']);
    expect(first.notes.handled).toEqual([]);
  });

  it('is done by one of two workers, and by the other one when that is gone', async () => {
    const one = new Worker('tenant-turns');
    await one.is('listening');
    const other = new Worker('tenant-turns');
    await other.is('elsewhere');
    await send('to one');
    await until(() => one.notes.handled.length === 1, patience('the message'));
    await one.stop();
    await other.is('listening');
    await send('to the other');
    await until(() => other.notes.handled.length === 1, patience('the message'));
    expect([one.notes.handled, other.notes.handled]).toEqual([['to one'], ['to the other']]);
  });

  it('goes on after the broker dropped the connection, and after it refused one', async () => {
    const worker = new Worker('tenant-broken');
    await worker.is('listening');
    await order('faults', { operation: 'connect', code: 'CONNECT_SERVER_UNAVAILABLE' });
    await order('disconnect', {});
    await until(() => worker.lines.events.includes('listener.disconnected'), patience('the end is noticed'));
    await send('after all');
    await until(() => worker.notes.handled.length === 1, patience('the message'));
    expect(worker.state).toBe('listening');
  });

  it('waits with wrong credentials, and begins with new ones', async () => {
    const worker = new Worker('tenant-rotation');
    worker.accounts.password = 'wrong';
    await worker.is('unusable');
    worker.accounts.password = SANDBOX_BROKER_LOGIN.password;
    worker.accounts.version = '2';
    await worker.is('listening');
    worker.wanted.list = [{ tenantId: 'tenant-rotation', integration: 'default', topics: ['more/#'] }];
    await until(async () => {
      await send('more', 'more/a');
      return worker.notes.handled.includes('more');
    }, patience('the new topic is listened to'));
    worker.wanted.list = [];
    await until(() => worker.listeners.states().length === 0, patience('nothing is listened to'));
    expect(worker.lines.events).toContain('listener.ended');
  });
});

describe('a message that cannot be handled', () => {
  it('is written down after some tries, and the next one comes', async () => {
    const worker = new Worker('tenant-poison');
    await worker.is('listening');
    worker.notes.before = (text) => (text === 'poison' ? Promise.reject(new Error('a bug')) : undefined);
    await send('poison');
    await send('x'.repeat(262_145));
    await send('good');
    await until(() => worker.notes.handled.length === 1, patience('the good message'));
    expect(worker.notes.refused).toEqual(['HANDLER_FAILED poison', `TOO_LARGE ${'x'.repeat(10)}`]);
    expect(worker.notes.tries).toBe(6); // five of the poisoned one
    expect(worker.lines.events).toEqual(expect.arrayContaining(['mqtt_message.failed', 'mqtt_message.refused']));
  });

  it('is not given up while PostgreSQL is away, however long', async () => {
    const worker = new Worker('tenant-away');
    await worker.is('listening');
    let isAway = true;
    worker.notes.before = () => (isAway ? Promise.reject(new DatabaseUnavailableError(new Error('away'))) : undefined);
    await send('waits');
    await until(() => worker.notes.tries > 7, patience('more tries than a poisoned message gets'));
    isAway = false;
    await until(() => worker.notes.handled.length === 1, patience('the message'));
    expect(worker.notes.refused).toEqual([]);
  });
});
