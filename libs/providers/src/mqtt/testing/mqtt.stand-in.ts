import type { ControlRoute, FaultOrder, SandboxServices } from '@puente/integrations/testing';
import { RevocableKeys, SocketStandIn } from '@puente/integrations/testing';
import { z } from 'zod';
import type { BrokerMessage, BrokerQuestion, BrokerVerdict } from './broker-messages';
import { BrokerProcess } from './broker-process';

/** As whom anybody connects to the sandbox's broker. */
export const SANDBOX_BROKER_LOGIN = { username: 'sandbox-mqtt', password: 'sandbox-mqtt-password' } as const;

const Order = z.strictObject({
  topic: z.string().min(1).max(1_024),
  payload: z.unknown(),
  qos: z.literal([0, 1]).default(1),
  retain: z.boolean().default(false),
  client: z.string().min(1).default('sandbox'),
});

/** CONNACK of MQTT 3.1.1, by the provider's names of them. */
const RETURN_CODES: Readonly<Record<string, number>> = {
  CONNECT_PROTOCOL_VERSION: 1,
  CONNECT_CLIENT_ID: 2,
  CONNECT_SERVER_UNAVAILABLE: 3,
  CONNECT_BAD_CREDENTIALS: 4,
  CONNECT_NOT_AUTHORIZED: 5,
};

/**
 * An MQTT 3.1.1 broker (aedes) on a port of its own. A message is a committed row before it is acknowledged.
 *
 * Its faults are of the operations `connect` and `publish`. A connection may be refused (`code`, as the provider names
 * them), dropped (`reset`) or answered late; a message dropped with its connection before or after it was published
 * (`reset`), or acknowledged late (`delayMs`; so late that it never is). 3.1.1 cannot refuse a message but by dropping the
 * connection, so that is what any `status` or `code` does.
 */
export class MqttStandIn extends SocketStandIn {
  readonly id = 'mqtt';
  readonly schema = RevocableKeys.schema;
  readonly tables = [RevocableKeys.table];
  private running: { readonly services: SandboxServices; readonly keys: RevocableKeys } | undefined;
  private broker: BrokerProcess | undefined;

  /** @param port left out: there is no broker, only the control plane */
  constructor(private readonly port?: number) {
    super();
  }

  /** Where the broker listens: `mqtt://127.0.0.1:<port>`. */
  get brokerUrl(): string {
    return `mqtt://127.0.0.1:${String(this.broker?.port ?? 0)}`;
  }

  get control(): readonly ControlRoute[] {
    const { keys } = this.parts;
    return [
      ...keys.routes(),
      {
        method: 'POST',
        path: 'publish',
        summary:
          '{topic, payload, qos?, retain?, client?}: what another group publishes; text as it is, all else as JSON.',
        handle: async ({ body }) => ({ status: 201, body: await this.publish(Order.parse(body)) }),
      },
      {
        method: 'POST',
        path: 'disconnect',
        summary: '{client?}: drops the connection of one client, or of all.',
        handle: async ({ body }) => {
          const { client } = z.strictObject({ client: z.string().optional() }).parse(body ?? {});
          this.broker?.tell({ kind: 'disconnect', client });
          return { status: 200, body: { disconnected: client ?? 'all' } };
        },
      },
      {
        method: 'GET',
        path: 'broker',
        summary: 'Where the broker listens, and as whom to connect.',
        handle: async () => ({ status: 200, body: { url: this.brokerUrl, ...SANDBOX_BROKER_LOGIN } }),
      },
    ];
  }

  override async start(services: SandboxServices): Promise<void> {
    this.running = { services, keys: await RevocableKeys.load(services, this.id) };
    if (this.port !== undefined)
      this.broker = await BrokerProcess.start(this.port, (question) => this.decide(question));
  }

  async reset(): Promise<void> {
    this.running?.keys.forget();
  }

  override async stop(): Promise<void> {
    await this.broker?.stop();
  }

  private async decide(question: BrokerQuestion): Promise<BrokerVerdict> {
    const { services, keys } = this.parts;
    const body =
      question.kind === 'publish' ? Buffer.from(question.payloadBase64, 'base64') : Buffer.from(question.client);
    const fault = services.faults.take(this.id, question.kind, body);
    if (question.kind === 'connect') {
      const { username, password } = SANDBOX_BROKER_LOGIN;
      const isKnown = question.username === username && question.password === password && keys.opens(username);
      return { ...timing(fault), returnCode: RETURN_CODES[fault?.code ?? ''] ?? (isKnown ? 0 : 4) };
    }
    const verdict = timing(fault);
    if (verdict.reset !== 'before') await this.record(question);
    return verdict;
  }

  private async publish(order: z.output<typeof Order>): Promise<unknown> {
    const { topic, payload, qos, retain, client } = order;
    const bytes = Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload ?? null));
    const message = { client, topic, payloadBase64: bytes.toString('base64'), qos, retain, will: false };
    await this.record(message);
    this.broker?.tell({ kind: 'publish', topic, payloadBase64: message.payloadBase64, qos, retain });
    return { topic, bytes: bytes.length };
  }

  private async record({ client, topic, payloadBase64, qos, retain, will }: BrokerMessage): Promise<void> {
    const { services } = this.parts;
    const payload = Buffer.from(payloadBase64, 'base64').toString();
    const effect = {
      topic,
      payload: payload.replaceAll('\u0000', '\ufffd'),
      payloadBase64,
      qos,
      retain,
      client,
      ...(will ? { will } : {}),
    };
    await services.effects.record(this.id, 'publish', effect, services.clock.offsetMs(this.id));
  }

  private get parts(): NonNullable<typeof this.running> {
    if (!this.running) throw new TypeError('The stand-in has not been started.');
    return this.running;
  }
}

function timing(fault: FaultOrder | undefined): BrokerVerdict {
  if (!fault) return {};
  const { reset, delayMs, applyAfterMs, apply, status, code, operation } = fault;
  const isRefused =
    operation !== 'connect' && (status !== undefined || code !== undefined) && RETURN_CODES[code ?? ''] === undefined;
  return { delayMs, applyAfterMs, reset: reset ?? (isRefused ? (apply === true ? 'after' : 'before') : undefined) };
}
