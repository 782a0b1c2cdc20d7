import { createHash } from 'node:crypto';
import type { EgressGuard } from '@puente/egress';
import { Cancellation } from '@puente/kernel';
import { connectionOptions, DEFAULT_CLIENT_ID_PREFIX } from '../mqtt.client';
import { MqttConnection } from '../mqtt-connection';
import { MqttFailedError } from '../mqtt.errors';
import type { MqttConfig, MqttSecrets } from '../mqtt.schemas';
import { type IntakeTools, MessageIntake } from './message-intake';
import type { ListenerState } from './mqtt-listener-log';
import type { MqttSubscription } from './mqtt-subscriptions.port';

/** Far above what is handled: a larger message than that is read and refused, a larger packet than this ends the connection. */
const MAX_PACKET_BYTES = 4 * 1024 * 1024;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

export interface ListenerPlan {
  readonly subscription: MqttSubscription;
  readonly secrets: MqttSecrets;
  readonly config: MqttConfig;
  /** Of the credentials. */
  readonly version: string;
}

export interface ListenerTools extends IntakeTools {
  readonly egress: EgressGuard;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/**
 * Listens to one broker for as long as it is wanted: connects, subscribes with QoS 1, and connects again with growing
 * waits. The session is the broker's to keep (client id and no clean start): what is published while we are away, and
 * what we did not acknowledge, comes when we are back.
 */
export class MqttListener {
  private readonly stopping = new Cancellation();
  private connection: MqttConnection | undefined;
  private current: ListenerState = 'connecting';
  private readonly running: Promise<void>;

  constructor(
    readonly plan: ListenerPlan,
    private readonly tools: ListenerTools,
  ) {
    this.running = this.run();
  }

  get state(): ListenerState {
    return this.current;
  }

  /**
   * Ends it. What is being handled is brought to its end first, and acknowledged.
   *
   * @param forget the broker is told that nothing of it is wanted any more
   */
  async stop(forget = false): Promise<void> {
    this.stopping.abort();
    const { connection } = this;
    if (connection && forget) await connection.unsubscribe(this.plan.subscription.topics);
    await connection?.close();
    await this.running;
    this.tools.log.ended(this.plan.subscription);
  }

  private isStopped(): boolean {
    return this.stopping.aborted;
  }

  private async run(): Promise<void> {
    let failures = 0;
    while (!this.isStopped()) {
      let error: unknown;
      try {
        await this.connect();
        failures = 0;
        error = await this.connection?.ended;
        this.current = 'waiting';
      } catch (cause) {
        error = cause;
      }
      this.connection = undefined;
      if (!this.isStopped()) await this.wait(failures, error);
      failures += 1;
    }
  }

  private async wait(failures: number, error: unknown): Promise<void> {
    const { log, clock, random } = this.tools;
    const mostMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures, 10));
    const waitMs = Math.round(mostMs * (0.5 + random() / 2));
    log.lost(this.plan.subscription, this.current, waitMs, error);
    await clock.sleep(waitMs, this.stopping);
  }

  private async connect(): Promise<void> {
    const { subscription, secrets, config } = this.plan;
    this.current = 'connecting';
    const intake = new MessageIntake(subscription, this.tools, this.stopping);
    try {
      this.connection = await MqttConnection.open({
        ...connectionOptions(secrets, config),
        egress: this.tools.egress,
        clientId: clientIdOf(subscription, config),
        maxPacketBytes: MAX_PACKET_BYTES,
        keepsSession: true,
        onMessage: (packet) => intake.take(packet),
      });
    } catch (error) {
      const isOurs = !(error instanceof MqttFailedError) || error.failure.kind === 'unauthorized';
      this.current = isOurs ? 'unusable' : 'waiting';
      throw error;
    }
    try {
      await this.connection.subscribe(subscription.topics);
    } catch (error) {
      this.current = error instanceof MqttFailedError ? 'waiting' : 'refused';
      await this.connection.close(true);
      throw error;
    }
    if (this.isStopped()) await this.connection.close();
    this.current = 'listening';
    this.tools.log.listening(subscription);
  }
}

/**
 * The same wherever and whenever it is listened, since the session hangs on it; and, with the usual prefix, not longer
 * than the 23 characters that every broker takes (MQTT 3.1.1 §3.1.3.1).
 */
function clientIdOf({ tenantId, integration }: MqttSubscription, { clientIdPrefix }: MqttConfig): string {
  const hash = createHash('sha256').update(`${tenantId} ${integration}`).digest('hex').slice(0, 12);
  return `${clientIdPrefix ?? DEFAULT_CLIENT_ID_PREFIX}-in-${hash}`;
}
