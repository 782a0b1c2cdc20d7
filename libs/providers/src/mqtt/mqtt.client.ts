import { randomBytes } from 'node:crypto';
import type { EgressGuard } from '@puente/egress';
import type { OperationCall } from '@puente/integrations';
import { type CancelSignal, notSent, type Secret } from '@puente/kernel';
import { MqttConnection, type MqttConnectionOptions } from './mqtt-connection';
import { MqttFailedError } from './mqtt.errors';
import {
  type Connected,
  type MqttConfig,
  type MqttSecrets,
  payloadText,
  type Publish,
  type Published,
} from './mqtt.schemas';

/** A publisher subscribes to nothing: what comes back is acknowledgements. */
const MAX_PACKET_BYTES = 64 * 1024;

/** A broker that takes us in and drops us is not asked for ever. */
const MOST_OPENED = 3;

export const DEFAULT_CLIENT_ID_PREFIX = 'puente';

/**
 * Publishes for one account, over one connection at a time: opened by the first message, and anew by the first one after
 * it was lost. How long to wait in between is for the ledger, which knows what failed, to say.
 */
export class MqttPublisher {
  private current: Promise<MqttConnection> | undefined;
  private isClosed = false;

  constructor(
    private readonly secrets: Secret<MqttSecrets>,
    private readonly config: MqttConfig,
    private readonly egress: EgressGuard,
  ) {}

  /** @throws {MqttFailedError} {@link EgressError} */
  async publish({ topic, payload }: Publish, { cancel }: Pick<OperationCall, 'cancel'>): Promise<Published> {
    const bytes = Buffer.from(payloadText(payload));
    const connection = await this.connection(cancel);
    try {
      await connection.publish(topic, bytes, cancel);
    } catch (error) {
      // A late acknowledgement must never be taken for another message's; and a connection that lost one may be dead.
      if (isTimeout(error)) void connection.close();
      throw error;
    }
    return { topic, bytes: bytes.length };
  }

  /** On a connection of its own: that an older one still stands says nothing about the credentials. */
  async check({ cancel }: Pick<OperationCall, 'cancel'>): Promise<Connected> {
    if (cancel.aborted) throw givenUp();
    const opening = this.open();
    try {
      const connection = await orGivenUp(opening, cancel);
      await connection.ping(cancel);
      return { clientId: connection.clientId };
    } finally {
      opening.then((connection) => connection.close(true)).catch(() => undefined);
    }
  }

  close(): void {
    this.isClosed = true;
    this.current?.then((connection) => connection.close()).catch(() => undefined);
  }

  private async connection(cancel: CancelSignal): Promise<MqttConnection> {
    for (let opened = 0; opened < MOST_OPENED; opened += 1) {
      if (cancel.aborted) throw givenUp();
      const opening = this.current ?? this.opened();
      const connection = await orGivenUp(opening, cancel);
      if (connection.isUsable) return connection;
      if (this.current === opening) this.current = undefined;
    }
    throw new MqttFailedError(notSent('connect', { code: 'CONNECTION_CLOSED' }));
  }

  private opened(): Promise<MqttConnection> {
    const opening = this.open();
    this.current = opening;
    opening.then(
      (connection) => {
        if (this.isClosed) void connection.close();
      },
      () => {
        if (this.current === opening) this.current = undefined;
      },
    );
    return opening;
  }

  private open(): Promise<MqttConnection> {
    const { clientIdPrefix = DEFAULT_CLIENT_ID_PREFIX, ...rest } = this.config;
    return MqttConnection.open({
      ...connectionOptions(this.secrets.reveal(), rest),
      egress: this.egress,
      clientId: `${clientIdPrefix}-${randomBytes(6).toString('hex')}`,
      maxPacketBytes: MAX_PACKET_BYTES,
    });
  }
}

/** What a listener's connection has in common with a publisher's. */
export function connectionOptions(
  { username, password }: MqttSecrets,
  { url, ca, protocolVersion, willTopic }: MqttConfig,
): Pick<MqttConnectionOptions, 'url' | 'ca' | 'protocolVersion' | 'willTopic' | 'username' | 'password'> {
  return { url, ca, protocolVersion, willTopic, username, password };
}

function isTimeout(error: unknown): boolean {
  return error instanceof MqttFailedError && error.failure.kind === 'unknown' && error.failure.cause === 'timeout';
}

function givenUp(): MqttFailedError {
  return new MqttFailedError(notSent('deadline'));
}

/** Others may be waiting for the same connection, so giving up leaves it alone. */
function orGivenUp<T>(work: Promise<T>, cancel: CancelSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => {
      reject(givenUp());
    };
    if (cancel.aborted) giveUp();
    cancel.addEventListener('abort', giveUp, { once: true });
    work.then(resolve, reject).finally(() => {
      cancel.removeEventListener('abort', giveUp);
    });
  });
}
