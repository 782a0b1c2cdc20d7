import { isDatabaseAway, isTransactionUndone } from '@puente/database';
import type { CancelSignal, Clock } from '@puente/kernel';
import type { IPublishPacket } from 'mqtt';
import { fits } from '../topics';
import { MAX_PAYLOAD_BYTES } from '../mqtt.schemas';
import type { MqttListenerLog } from './mqtt-listener-log';
import type { MqttMessage, MqttMessageHandler, MqttRefusal } from './mqtt-message-handler.port';
import type { MqttSubscription } from './mqtt-subscriptions.port';

/** Waits between the tries of one message. Meanwhile nothing behind it is taken: order is the broker's. */
const RETRY_MS = [200, 1_000, 2_000, 4_000] as const;

export interface IntakeTools {
  readonly handler: MqttMessageHandler;
  readonly log: MqttListenerLog;
  readonly clock: Clock;
}

/**
 * Brings one message to its end: handled, or given up and written down. Resolving acknowledges it, so it throws for as
 * long as neither could be committed: the broker then keeps it.
 */
export class MessageIntake {
  constructor(
    private readonly subscription: MqttSubscription,
    private readonly tools: IntakeTools,
    private readonly stopping: CancelSignal,
  ) {}

  async take({ topic, payload, qos, retain }: IPublishPacket): Promise<void> {
    const { tenantId, integration, topics } = this.subscription;
    // A session of the broker may remember filters that nobody wants any more.
    if (!topics.some((filter) => fits(topic, filter))) {
      this.tools.log.ignored();
      return;
    }
    const bytes = Buffer.isBuffer(payload) ? payload : Buffer.from(payload);
    const message: MqttMessage = {
      tenantId,
      integration,
      topic,
      payload: bytes,
      qos: qos === 0 ? 0 : 1,
      retained: retain,
    };
    if (bytes.length > MAX_PAYLOAD_BYTES) await this.refuse(message, 'TOO_LARGE');
    else if (await this.handled(message)) this.tools.log.handled();
    else await this.refuse(message, 'HANDLER_FAILED');
  }

  /** @returns false when it failed as often as it may, and not because PostgreSQL is away */
  private async handled(message: MqttMessage): Promise<boolean> {
    const { handler, log, clock } = this.tools;
    for (let failures = 0; ; failures += 1) {
      try {
        await handler.handle(message);
        return true;
      } catch (error) {
        log.failed(message, failures + 1, error);
        const waitMs = RETRY_MS[failures];
        if (waitMs === undefined) {
          if (isDatabaseAway(error) || isTransactionUndone(error)) throw error;
          return false;
        }
        await clock.sleep(waitMs, this.stopping);
        if (this.stopping.aborted) throw error;
      }
    }
  }

  private async refuse(message: MqttMessage, reason: MqttRefusal): Promise<void> {
    await this.tools.handler.refuse(message, reason);
    this.tools.log.refused(message, reason);
  }
}
