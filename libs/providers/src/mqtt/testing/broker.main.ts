import { createServer, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { Aedes, Client, PublishPacket } from 'aedes';
import type { BrokerAnswer, BrokerQuestion, BrokerVerdict, FromBroker, ToBroker } from './broker-messages';

/** How long a port that a killed predecessor still holds is waited for. */
const PORT_WITHIN_MS = 5_000;
const PORT_EVERY_MS = 50;

type Asked = BrokerQuestion extends infer Q ? (Q extends { id: number } ? Omit<Q, 'id'> : never) : never;

const waiting = new Map<number, (verdict: BrokerVerdict) => void>();
const clients = new Set<Client>();
let questions = 0;

function tell(message: FromBroker): void {
  process.send?.(message);
}

function ask(question: Asked): Promise<BrokerVerdict> {
  questions += 1;
  const id = questions;
  return new Promise((resolve) => {
    waiting.set(id, resolve);
    tell({ ...question, id });
  });
}

const pause = (ms = 0): Promise<void> => new Promise((resolve) => (ms > 0 ? setTimeout(resolve, ms) : resolve()));

function drop({ conn }: Client): void {
  (conn as Socket).resetAndDestroy();
}

/**
 * The broker of the sandbox, as a process of its own, because aedes is an ECMAScript module. It asks its parent about every
 * connection and every message, so that faults and what was received are where those of all stand-ins are.
 */
async function main(): Promise<void> {
  process.once('disconnect', () => process.exit(0));
  const { Aedes: Broker } = await import('aedes');
  const broker = await Broker.createBroker({ heartbeatInterval: 3_600_000 });
  broker.authenticate = (client, username, password, done) => {
    void ask({
      kind: 'connect',
      client: client.id,
      username: username ?? '',
      password: password?.toString() ?? '',
    }).then(async ({ returnCode = 0, reset, delayMs }) => {
      await pause(delayMs);
      if (reset) drop(client);
      else if (returnCode === 0) done(null, true);
      else done(Object.assign(new Error('refused'), { returnCode }), false);
    });
  };
  broker.authorizePublish = (client, packet, done) => {
    if (client) void published(broker, client, packet, done);
    else done(null);
  };
  broker.on('client', (client) => clients.add(client));
  broker.on('clientDisconnect', (client) => clients.delete(client));
  broker.on('clientError', () => undefined);
  process.on('message', (message: ToBroker) => {
    obey(broker, message);
  });
  tell({ kind: 'ready', port: await listen(broker, Number(process.argv[2] ?? '0')) });
}

async function published(
  broker: Aedes,
  client: Client,
  packet: PublishPacket,
  done: (error?: Error | null) => void,
): Promise<void> {
  const payloadBase64 = Buffer.from(packet.payload).toString('base64');
  const { topic, qos, retain } = packet;
  const will = !client.connected;
  const verdict = await ask({ kind: 'publish', client: client.id, topic, payloadBase64, qos, retain, will });
  const { reset, delayMs, applyAfterMs } = verdict;
  if (reset === 'before') {
    drop(client);
    return;
  }
  if (reset === undefined && delayMs === undefined && applyAfterMs === undefined) {
    done(null);
    return;
  }
  // Published by us and acknowledged afterwards, or never: aedes would acknowledge first.
  await pause(applyAfterMs);
  await new Promise<void>((resolve) => {
    broker.publish({ ...packet, qos: 1 }, () => {
      resolve();
    });
  });
  await pause(delayMs);
  if (reset === 'after') drop(client);
  else
    (client.conn as Socket).write(Buffer.from([0x40, 2, (packet.messageId ?? 0) >> 8, (packet.messageId ?? 0) & 0xff]));
}

function obey(broker: Aedes, message: ToBroker): void {
  switch (message.kind) {
    case 'answer':
      answered(message);
      return;
    case 'publish': {
      const { topic, payloadBase64, qos, retain } = message;
      const payload = Buffer.from(payloadBase64, 'base64');
      broker.publish({ cmd: 'publish', topic, payload, qos, retain, dup: false }, () => undefined);
      return;
    }
    case 'disconnect':
      for (const client of [...clients]) if (message.client === undefined || message.client === client.id) drop(client);
  }
}

function answered({ id, ...verdict }: BrokerAnswer): void {
  waiting.get(id)?.(verdict);
  waiting.delete(id);
}

async function listen(broker: Aedes, port: number): Promise<number> {
  const giveUpAt = performance.now() + PORT_WITHIN_MS;
  for (;;) {
    const server = createServer((socket) => broker.handle(socket));
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, '127.0.0.1', resolve);
      });
      return (server.address() as AddressInfo).port;
    } catch (error) {
      if ((error as { code?: string }).code !== 'EADDRINUSE' || performance.now() > giveUpAt) throw error;
      await pause(PORT_EVERY_MS);
    }
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
