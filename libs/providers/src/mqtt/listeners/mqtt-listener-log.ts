import { Injectable } from '@nestjs/common';
import { Clock } from '@puente/kernel';
import { LogSink, Metrics, serializeError } from '@puente/observability';
import type { Counter, Gauge } from 'prom-client';
import type { MqttMessage, MqttRefusal } from './mqtt-message-handler.port';
import type { MqttSubscription } from './mqtt-subscriptions.port';

/**
 * What a listener is at. `unusable`: the credentials cannot be had; `refused`: the broker takes us in, but not the
 * subscription; `waiting`: it will connect again; `elsewhere`: another worker listens.
 */
export const LISTENER_STATES = ['connecting', 'listening', 'waiting', 'refused', 'unusable', 'elsewhere'] as const;
export type ListenerState = (typeof LISTENER_STATES)[number];

const QUIET_MS = 30_000;

/** Every line and figure about listening. A broker that is down is tried for hours: each trouble speaks every 30 s. */
@Injectable()
export class MqttListenerLog {
  private readonly listeners: Gauge<'state'>;
  private readonly messages: Counter<'result'>;
  private readonly spokenAt = new Map<string, number>();

  constructor(
    private readonly log: LogSink,
    private readonly clock: Clock,
    metrics: Metrics,
  ) {
    this.listeners = metrics.gauge({
      name: 'puente_mqtt_listeners',
      help: 'Accounts whose broker is to be listened to, by what became of it',
      labelNames: ['state'],
    });
    this.messages = metrics.counter({
      name: 'puente_mqtt_messages_total',
      help: 'Messages of brokers: handled, refused (given up and written down), failed (tried again), ignored (no longer subscribed)',
      labelNames: ['result'],
    });
  }

  show(states: readonly ListenerState[]): void {
    for (const state of LISTENER_STATES) this.listeners.set({ state }, states.filter((one) => one === state).length);
  }

  listening({ tenantId, integration, topics }: MqttSubscription): void {
    this.spokenAt.delete(`lost ${tenantId} ${integration}`);
    this.log.info({ event: 'listener.connected', tenantId, integration, topics }, 'Listening to a broker');
  }

  lost({ tenantId, integration }: MqttSubscription, state: ListenerState, waitMs: number, error: unknown): void {
    this.seldom(`lost ${tenantId} ${integration}`, () => {
      this.log.warn(
        { event: 'listener.disconnected', tenantId, integration, state, waitMs, err: serializeError(error) },
        'A broker is not listened to; it is tried again',
      );
    });
  }

  ended({ tenantId, integration }: MqttSubscription): void {
    this.log.info({ event: 'listener.ended', tenantId, integration }, 'No longer listening to a broker');
  }

  syncFailed(error: unknown): void {
    this.seldom('sync', () => {
      this.log.warn(
        { event: 'listener.sync_failed', err: serializeError(error) },
        'What is to be listened to cannot be read; what is known goes on',
      );
    });
  }

  turnsLost(): void {
    this.log.warn(
      { event: 'listener.turns_lost' },
      'The connection that holds the turns to listen is gone; others may take them',
    );
  }

  handled(): void {
    this.messages.inc({ result: 'handled' });
  }

  ignored(): void {
    this.messages.inc({ result: 'ignored' });
  }

  failed({ tenantId, integration, topic }: MqttMessage, attempt: number, error: unknown): void {
    this.messages.inc({ result: 'failed' });
    this.seldom(`failed ${tenantId} ${integration}`, () => {
      this.log.warn(
        { event: 'mqtt_message.failed', tenantId, integration, topic, attempt, err: serializeError(error) },
        'A message could not be handled; it is not acknowledged and tried again',
      );
    });
  }

  refused({ tenantId, integration, topic, payload }: MqttMessage, reason: MqttRefusal): void {
    this.messages.inc({ result: 'refused' });
    this.log.warn(
      { event: 'mqtt_message.refused', tenantId, integration, topic, bytes: payload.length, reason },
      'A message was given up and written down',
    );
  }

  private seldom(kind: string, say: () => void): void {
    const now = this.clock.monotonicMs();
    if (now - (this.spokenAt.get(kind) ?? -Infinity) < QUIET_MS) return;
    this.spokenAt.set(kind, now);
    say();
  }
}
