import { loopbackEgress, selfSignedCertificate } from '@puente/integrations/contract-suite';
import { DnsHostResolver, EgressGuard } from '@puente/egress';
import { Cancellation, type Failure, Secret } from '@puente/kernel';
import { until } from '../../../../test/support/sandbox-until';
import type { MqttPublisher } from './mqtt.client';
import { mqtt } from './mqtt.provider';
import type { MqttConfig, Publish } from './mqtt.schemas';
import {
  connack,
  CONNECT,
  DISCONNECT,
  honest,
  type Packet,
  packetIdOf,
  payloadOf,
  PINGREQ,
  puback,
  PUBLISH,
  type Script,
  ScriptedBroker,
} from './testing/scripted-broker';

let broker: ScriptedBroker;
const clients: MqttPublisher[] = [];

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  broker.stop();
});

async function start(script: Script, tls?: { key: string; cert: string }): Promise<void> {
  broker = await new ScriptedBroker(script, tls).start();
}

function connect(config: Partial<MqttConfig> = {}, egress = loopbackEgress()): MqttPublisher {
  const url = `mqtt://127.0.0.1:${String(broker.port)}`;
  const context = { tenantId: 't', externalId: 'x', installation: 'dev', egress };
  const client = mqtt.connect(new Secret({ username: 'us', password: 'pw' }), { url, ...config }, context);
  clients.push(client);
  return client;
}

const patience = (): Cancellation => new Cancellation();

function publish(client: MqttPublisher, payload: Publish['payload'], cancel = patience()) {
  return client.publish({ topic: 'fixtures/validation', payload }, { cancel });
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeDefined();
  return mqtt.classify(error);
}

const five = { protocolVersion: '5' } as const;

describe('a message', () => {
  it('is sent with QoS 1, not retained, as text or as JSON, over one connection', async () => {
    await start(honest());
    const client = connect();
    expect(await publish(client, { b: 1, a: 'Núñez' })).toEqual({ topic: 'fixtures/validation', bytes: 21 });
    await publish(client, 'text as it is');
    await publish(client, null);
    await publish(client, '');

    const published = broker.of(PUBLISH);
    expect(published.map((packet) => payloadOf(packet))).toEqual(['{"b":1,"a":"Núñez"}', 'text as it is', 'null', '']);
    expect(published.map(({ flags }) => flags)).toEqual([2, 2, 2, 2]); // QoS 1; neither DUP nor RETAIN
    expect(broker.of(CONNECT)).toHaveLength(1);
  });

  it('that many publish at once opens one connection', async () => {
    await start(honest());
    const client = connect();
    await Promise.all(Array.from({ length: 20 }, (_, n) => publish(client, n)));
    expect([broker.of(CONNECT).length, broker.of(PUBLISH).length]).toEqual([1, 20]);
  });

  it.each([
    ['#', 'x'],
    ['a/+/b', 'x'],
    ['', 'x'],
    ['a\u0000b', 'x'],
    ['$SYS/x', 'x'],
    ['a'.repeat(1_025), 'x'],
    ['ok', 'x'.repeat(262_145)],
    ['ok', JSON.parse('{"account":9007199254740993}') as unknown],
    ['ok', undefined],
  ])('to %j with such a payload is refused before it is accepted', (topic, payload) => {
    expect(mqtt.operations.publish.input.safeParse({ topic, payload }).success).toBe(false);
    broker = new ScriptedBroker(honest());
  });
});

describe('a lost acknowledgement', () => {
  it('is unknown, and nobody sends the message again: not mqtt.js, and not the next connection', async () => {
    await start((packet) => (packet.type === PUBLISH && packet.connection === 1 ? 'reset' : honest()(packet)));
    const client = connect();
    expect(await failureOf(publish(client, 'first'))).toMatchObject({ kind: 'unknown', cause: 'reset' });
    await publish(client, 'second');
    await publish(client, 'third');
    expect(broker.of(PUBLISH).map((packet) => payloadOf(packet))).toEqual(['first', 'second', 'third']);
    expect(broker.of(PUBLISH).map(({ connection }) => connection)).toEqual([1, 2, 2]);
  });

  it('that comes late is nobody else’s: its connection gets no further message', async () => {
    let late: Packet | undefined;
    await start((packet) => {
      if (packet.type !== PUBLISH || late) return honest()(packet);
      late = packet;
      return undefined;
    });
    const client = connect();
    const cancel = patience();
    const first = publish(client, 'first', cancel);
    await until(() => late !== undefined, { withinMs: 5_000, what: 'the message arrives' });
    cancel.abort();
    expect(await failureOf(first)).toMatchObject({ kind: 'unknown', cause: 'timeout' });

    await publish(client, 'second');
    expect(broker.of(PUBLISH).map(({ connection }) => connection)).toEqual([1, 2]);
    // With a goodbye: the broker must not publish our last will.
    await until(() => broker.of(DISCONNECT).some(({ connection }) => connection === 1), {
      withinMs: 5_000,
      what: 'goodbye',
    });
  });

  it('takes those with it that were on the same connection, and none that was not yet written', async () => {
    await start((packet) => {
      if (packet.type === CONNECT) return connack(0, 5, Buffer.from([0x21, 0, 2])); // Receive Maximum: 2
      return packet.type === PUBLISH && packet.connection === 1 ? undefined : honest(5)(packet);
    });
    const client = connect(five);
    const failures = [1, 2, 3].map((n) => failureOf(publish(client, n)));
    await until(() => broker.of(PUBLISH).length === 2, { withinMs: 5_000, what: 'two messages arrive' });
    broker.sockets[0]?.resetAndDestroy();
    expect((await Promise.all(failures)).map(({ kind }) => kind)).toEqual(['unknown', 'unknown', 'not_sent']);
    expect(broker.of(PUBLISH)).toHaveLength(2);
  });
});

describe('the limits of a broker of MQTT 5', () => {
  it('hold: not more unacknowledged messages than it takes, and none larger', async () => {
    const held: Packet[] = [];
    await start((packet) => {
      if (packet.type === CONNECT) return connack(0, 5, Buffer.from([0x21, 0, 2, 0x27, 0, 0, 1, 0])); // … and 256 bytes
      if (packet.type !== PUBLISH) return undefined;
      if (held.push(packet) < 3) return undefined;
      return puback(packetIdOf(packet), 0);
    });
    const client = connect(five);
    const sent = [1, 2, 3].map((n) => publish(client, n));
    await until(() => held.length === 2, { withinMs: 5_000, what: 'two messages arrive' });
    expect(await failureOf(publish(client, 'x'.repeat(300)))).toEqual({ kind: 'rejected', code: 'PUBLISH_TOO_LARGE' });
    expect(held.length).toBe(2);
    for (const packet of held.slice()) broker.sockets[0]?.write(puback(packetIdOf(packet), 0));
    await Promise.all(sent);
    expect(held.map((packet) => payloadOf(packet, 5))).toEqual(['1', '2', '3']);
  });

  it.each([
    [0x00, undefined],
    [0x10, undefined], // nobody listens: it is published all the same
    [0x80, { kind: 'unknown', cause: 'server_error', code: 'PUBLISH_0x80' }],
    [0x83, { kind: 'unknown', cause: 'server_error', code: 'PUBLISH_0x83' }],
    [0x87, { kind: 'rejected', code: 'PUBLISH_NOT_AUTHORIZED' }],
    [0x90, { kind: 'rejected', code: 'PUBLISH_TOPIC_INVALID' }],
    [0x97, { kind: 'throttled', code: 'PUBLISH_QUOTA_EXCEEDED' }],
    [0x99, { kind: 'rejected', code: 'PUBLISH_PAYLOAD_INVALID' }],
  ])('PUBACK 0x%s', async (code, failure) => {
    await start((packet) =>
      packet.type === PUBLISH ? puback(packetIdOf(packet), code) : packet.type === CONNECT ? connack(0, 5) : undefined,
    );
    const answer = publish(connect(five), 'x');
    if (failure) expect(await failureOf(answer)).toMatchObject(failure);
    else await expect(answer).resolves.toMatchObject({ bytes: 1 });
  });
});

describe('a refused connection', () => {
  it.each([
    [4, 1, { kind: 'unauthorized', code: 'CONNECT_PROTOCOL_VERSION' }],
    [4, 3, { kind: 'not_sent', cause: 'refused', code: 'CONNECT_SERVER_UNAVAILABLE' }],
    [4, 5, { kind: 'unauthorized', code: 'CONNECT_NOT_AUTHORIZED' }],
    [5, 0x85, { kind: 'unauthorized', code: 'CONNECT_CLIENT_ID' }],
    [5, 0x86, { kind: 'unauthorized', code: 'CONNECT_BAD_CREDENTIALS' }],
    [5, 0x89, { kind: 'throttled', code: 'CONNECT_SERVER_BUSY' }],
    [5, 0x8a, { kind: 'unauthorized', code: 'CONNECT_BANNED' }],
    [5, 0x97, { kind: 'throttled', code: 'CONNECT_QUOTA_EXCEEDED' }],
    [5, 0x9d, { kind: 'unauthorized', code: 'CONNECT_SERVER_MOVED' }],
    [5, 0x9f, { kind: 'throttled', code: 'CONNECT_RATE_EXCEEDED' }],
    [5, 0xa0, { kind: 'not_sent', cause: 'refused', code: 'CONNECT_0xa0' }],
  ] as const)('of version %i with %i publishes nothing', async (version, code, failure) => {
    await start(() => connack(code, version));
    const client = connect(version === 5 ? five : {});
    expect(await failureOf(publish(client, 'x'))).toMatchObject(failure);
    expect(broker.of(PUBLISH)).toEqual([]);
  });

  it('that was dropped or never answered is proof that nothing was sent', async () => {
    await start(() => 'reset');
    expect(await failureOf(publish(connect(), 'x'))).toMatchObject({ kind: 'not_sent', cause: 'connect' });
    broker.script = () => undefined;
    const cancel = patience();
    const answer = publish(connect(), 'x', cancel);
    await until(() => broker.of(CONNECT).length === 2, { withinMs: 5_000, what: 'CONNECT arrives' });
    cancel.abort();
    expect(await failureOf(answer)).toMatchObject({ kind: 'not_sent', cause: 'deadline' });
  });

  it('is tried again by the next message', async () => {
    await start((packet) => (packet.type === CONNECT && packet.connection === 1 ? connack(3) : honest()(packet)));
    const client = connect();
    expect(await failureOf(publish(client, 'x'))).toMatchObject({ kind: 'not_sent' });
    await publish(client, 'x');
    expect(broker.of(PUBLISH)).toHaveLength(1);
  });
});

describe('a connection', () => {
  it('says who we are and what is to be published when it breaks, and says goodbye', async () => {
    await start(honest());
    const client = connect({ willTopic: 'puente/estado', clientIdPrefix: 'tienda' });
    await publish(client, 'x');
    const text = broker.of(CONNECT)[0]?.bytes.toString('latin1') ?? '';
    expect(text).toMatch(/tienda-[0-9a-f]{12}.*puente\/estado.*"status":"offline".*us.*pw/s);
    expect((broker.of(CONNECT)[0]?.bytes[9] ?? 0) & 0b00111110).toBe(0b00001110); // clean, will of QoS 1, not retained
    client.close();
    await until(() => broker.of(DISCONNECT).length === 1, { withinMs: 5_000, what: 'goodbye' });
  });

  it('for a check is another one, and leaves', async () => {
    await start(honest());
    const client = connect();
    await publish(client, 'x');
    expect(await client.check({ cancel: patience() })).toEqual({
      clientId: expect.stringMatching(/^puente-[0-9a-f]{12}$/) as string,
    });
    expect([broker.of(CONNECT).length, broker.of(PINGREQ).length, broker.of(PUBLISH).length]).toEqual([2, 1, 1]);
    await until(() => broker.of(DISCONNECT).length === 1, { withinMs: 5_000, what: 'goodbye' });
  });

  it('over TLS proves whom it reaches, before anything is said', async () => {
    const own = selfSignedCertificate();
    await start(honest(), own);
    const url = `mqtts://127.0.0.1:${String(broker.port)}`;
    await publish(connect({ url, ca: own.cert }), 'x');
    for (const ca of [undefined, selfSignedCertificate().cert])
      expect(await failureOf(publish(connect({ url, ...(ca === undefined ? {} : { ca }) }), 'x'))).toMatchObject({
        kind: 'not_sent',
        cause: 'tls',
      });
    expect(broker.of(CONNECT)).toHaveLength(1);
  });

  it('goes nowhere that the operator does not allow', async () => {
    await start(honest());
    const strict = new EgressGuard({ allowedCidrs: [], ports: [443] }, new DnsHostResolver());
    const { port } = broker;
    for (const [url, code] of [
      [`mqtt://127.0.0.1:${String(port)}`, 'EGRESS_URL_REFUSED'],
      ['mqtts://127.0.0.1:8883', 'EGRESS_ADDRESS_REFUSED'],
      ['mqtts://localhost', 'EGRESS_ADDRESS_REFUSED'],
    ] as const)
      expect(await failureOf(publish(connect({ url }, strict), 'x'))).toMatchObject({ kind: 'unauthorized', code });
    expect(broker.sockets).toEqual([]);
  });
});
