import { destinationOf, type EgressGuard, guardedConnection } from '@puente/egress';
import { type CancelSignal, type Failure, notSent, unknown } from '@puente/kernel';
import { type IClientOptions, type IPublishPacket, MqttClient as Wire } from 'mqtt';
import type { Socket } from 'node:net';
import { InFlight } from './in-flight';
import { connectFailure, MqttFailedError, pubackFailure } from './mqtt.errors';
import { PacketSizeGuard } from './packet-size-guard';

/** From the first packet to the broker's answer, with DNS and TLS. */
const CONNECT_MS = 3_000;
/** How long a goodbye may take before the socket is destroyed. */
const GOODBYE_MS = 1_000;
const KEEPALIVE_S = 30;
/** A broker that has gone away is kept in mind as a session for so long, in MQTT 5; in 3.1.1 brokers decide. */
const SESSION_S = 7 * 86_400;

export interface MqttConnectionOptions {
  readonly url: string;
  readonly ca?: string | undefined;
  readonly protocolVersion?: '3.1.1' | '5' | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
  readonly willTopic?: string | undefined;
  readonly clientId: string;
  readonly egress: EgressGuard;
  /** Largest packet that is read. */
  readonly maxPacketBytes: number;
  /** The broker keeps subscriptions and what was not acknowledged for the same client id. Left out: nothing. */
  readonly keepsSession?: boolean;
  /** Its message is acknowledged when it resolves; when it throws, the connection ends, and the broker sends it again. */
  readonly onMessage?: (packet: IPublishPacket) => Promise<void>;
}

/**
 * One connection to a broker, from CONNECT to its end, over mqtt.js.
 *
 * It never connects again: with the connection ends all that mqtt.js would keep to send later, its queue and its outgoing
 * store, so nothing is sent but by a call, and nothing twice. Whoever wants to go on opens another one.
 */
export class MqttConnection {
  private readonly wire: Wire;
  private readonly inFlight = new InFlight();
  private readonly socketErrors: unknown[] = [];
  private endedBy: unknown;
  private isLeaving = false;
  /** Resolves when the connection has ended, whoever ended it, with what ended it. */
  readonly ended: Promise<unknown>;

  private constructor(private readonly options: MqttConnectionOptions) {
    const wire = new Wire(() => this.connectSocket(), wireOptions(options));
    this.wire = wire;
    wire.handleMessage = (packet, done) => {
      void this.take(packet, done);
    };
    this.ended = new Promise((resolve) => {
      wire.on('error', (error: unknown) => {
        this.end(error);
      });
      wire.on('close', () => {
        this.end(this.endedBy ?? this.socketErrors[0]);
        resolve(this.endedBy);
      });
    });
  }

  /** @throws {MqttFailedError} {@link EgressError} when the broker could not be reached or did not take us in */
  static async open(options: MqttConnectionOptions): Promise<MqttConnection> {
    const connection = new MqttConnection(options);
    const accepted = new Promise<true>((resolve) =>
      connection.wire.once('connect', () => {
        resolve(true);
      }),
    );
    const first = await Promise.race([accepted, connection.ended.then(() => false as const)]);
    if (first) return connection;
    throw new MqttFailedError(connectFailure(connection.endedBy));
  }

  get clientId(): string {
    return this.options.clientId;
  }

  /** Whether a message may be handed to it. */
  get isUsable(): boolean {
    return this.wire.connected && !this.isLeaving && this.endedBy === undefined;
  }

  /**
   * QoS 1, not retained. Resolves with the broker's acknowledgement.
   *
   * @throws {MqttFailedError}
   */
  async publish(topic: string, payload: Buffer, cancel: CancelSignal): Promise<void> {
    const { receiveMaximum, maximumPacketSize } = this.wire.serverProperties ?? {};
    if (maximumPacketSize !== undefined && payload.length + topic.length + 16 > maximumPacketSize)
      throw new MqttFailedError({ kind: 'rejected', code: 'PUBLISH_TOO_LARGE' });
    const send: Parameters<InFlight['answered']>[1] = (settle) => {
      if (!this.isUsable) settle(notSent('connect', { code: 'CONNECTION_CLOSED' }));
      else
        this.wire.publish(topic, payload, { qos: 1, retain: false }, (error) => {
          settle(failureOfAck(error));
        });
    };
    await this.inFlight.answered(cancel, send, receiveMaximum);
  }

  /** Sends a PINGREQ and waits for its answer. @throws {MqttFailedError} */
  async ping(cancel: CancelSignal): Promise<void> {
    await this.inFlight.answered(cancel, (settle) => {
      this.wire.on('packetreceive', ({ cmd }) => {
        if (cmd === 'pingresp') settle(undefined);
      });
      this.wire.sendPing();
    });
  }

  /** @throws when the broker refuses one of them, or does not answer while the connection lasts */
  async subscribe(topics: readonly string[]): Promise<void> {
    const lost = this.ended.then((error) => {
      throw new MqttFailedError(connectFailure(error));
    });
    await Promise.race([this.wire.subscribeAsync([...topics], { qos: 1 }), lost]);
  }

  /** Tells the broker that these are no longer wanted, as well as it can. */
  async unsubscribe(topics: readonly string[]): Promise<void> {
    const gone = this.wire.unsubscribeAsync([...topics]).catch(() => undefined);
    await Promise.race([gone, this.ended]);
  }

  /**
   * Takes no more, waits for what is in flight, and says goodbye, so that the broker does not publish our last will.
   *
   * @param atOnce what is in flight is not waited for
   */
  async close(atOnce = false): Promise<void> {
    this.isLeaving = true;
    if (!atOnce) await this.inFlight.empty();
    if (this.endedBy !== undefined) return;
    const impatience = setTimeout(() => this.wire.stream.destroy(), GOODBYE_MS);
    for (const id of Object.keys(this.wire.outgoing)) this.wire.removeOutgoingMessage(Number(id));
    this.wire.end(false);
    await this.ended;
    clearTimeout(impatience);
  }

  private async take(packet: IPublishPacket, done: () => void): Promise<void> {
    try {
      await this.options.onMessage?.(packet);
      done();
    } catch (error) {
      this.end(error); // not acknowledged, and neither is anything behind it
    }
  }

  private end(error: unknown): void {
    if (this.endedBy !== undefined) return;
    this.endedBy = error ?? new MqttFailedError(notSent('connect', { code: 'CONNECTION_CLOSED' }));
    this.inFlight.fail(lost(error));
    if (!this.isLeaving) this.wire.stream.destroy();
  }

  private connectSocket(): Socket {
    const { url, ca, egress, maxPacketBytes } = this.options;
    const destination = destinationOf(url);
    const tls = ca === undefined ? {} : { ca };
    const socket = guardedConnection(egress, { ...destination, ...(destination.protocol === 'mqtts:' ? { tls } : {}) });
    const sizes = new PacketSizeGuard(maxPacketBytes);
    socket.on('error', (error) => this.socketErrors.push(error));
    socket.on('data', (bytes: Buffer) => {
      if (!sizes.admits(bytes)) this.end(new PacketTooLargeError());
    });
    return socket;
  }
}

/** A packet is longer than we read. Its code is none of a socket's. */
class PacketTooLargeError extends Error {
  readonly code = 'PACKET_TOO_LARGE';
}

function wireOptions(options: MqttConnectionOptions): IClientOptions {
  const { protocolVersion = '3.1.1', username, password, willTopic, clientId, keepsSession = false } = options;
  const isFive = protocolVersion === '5';
  const will = {
    topic: willTopic ?? '',
    payload: JSON.stringify({ clientId, status: 'offline' }),
    qos: 1 as const,
    retain: false,
  };
  return {
    protocolVersion: isFive ? 5 : 4,
    clientId,
    clean: !keepsSession,
    keepalive: KEEPALIVE_S,
    connectTimeout: CONNECT_MS,
    // What would send later or twice: see the class.
    reconnectPeriod: 0,
    queueQoSZero: false,
    resubscribe: false,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(willTopic === undefined ? {} : { will }),
    ...(isFive
      ? {
          properties: {
            maximumPacketSize: options.maxPacketBytes,
            ...(keepsSession ? { sessionExpiryInterval: SESSION_S, receiveMaximum: 20 } : {}),
          },
        }
      : {}),
  };
}

function failureOfAck(error: unknown): Failure | undefined {
  if (error === undefined || error === null) return undefined;
  const { code } = error as { code?: unknown };
  return typeof code === 'number' ? pubackFailure(code) : unknown('reset');
}

/** What the end of the connection means for a message that was written to it. */
function lost(error: unknown): Failure {
  const code = (error as { code?: unknown } | undefined)?.code;
  // mqtt-packet's errors have no code: what came was no MQTT.
  const isUnreadable =
    error instanceof PacketTooLargeError ||
    (error instanceof Error && code === undefined && !/timeout|closed/i.test(error.message));
  return unknown(isUnreadable ? 'bad_body' : 'reset', { code: typeof code === 'string' ? code : undefined });
}
