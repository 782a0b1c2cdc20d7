import { Injectable, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import { EgressGuard } from '@puente/egress';
import { CredentialVault } from '@puente/integrations';
import { Cancellation, Clock } from '@puente/kernel';
import { mqtt } from '../mqtt.provider';
import { ListenerTurns } from './listener-turns';
import { type ListenerPlan, MqttListener } from './mqtt-listener';
import { type ListenerState, MqttListenerLog } from './mqtt-listener-log';
import { MqttMessageHandler } from './mqtt-message-handler.port';
import { type MqttSubscription, MqttSubscriptions } from './mqtt-subscriptions.port';

const SYNC_MS = 3_000;

/** What the handler of messages and the list of subscriptions are; bound by the app. */
@Injectable()
export class ListenerPorts {
  constructor(
    readonly subscriptions: MqttSubscriptions,
    readonly handler: MqttMessageHandler,
    readonly vault: CredentialVault,
    readonly egress: EgressGuard,
  ) {}
}

/** How one account is listened to. */
export interface ListenerView extends MqttSubscription {
  readonly state: ListenerState;
}

/**
 * Listens to the brokers of all tenants that want it, in one of the workers each. Compares again and again what is wanted
 * with what runs: a changed list of topics or new credentials begin a new connection, a missing subscription ends one.
 *
 * A broker that fails waits by itself and disturbs no other.
 */
@Injectable()
export class MqttListeners implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly running = new Map<string, MqttListener>();
  private readonly idle = new Map<string, ListenerView>();
  private readonly stopping = new Cancellation();
  private loop: Promise<void> | undefined;

  constructor(
    private readonly ports: ListenerPorts,
    private readonly turns: ListenerTurns,
    private readonly log: MqttListenerLog,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.loop ??= this.run();
  }

  /** Before the database closes: what is being handled is committed and acknowledged first. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.loop;
    await Promise.all([...this.running.keys()].map((key) => this.end(key)));
    this.turns.release();
  }

  states(): readonly ListenerView[] {
    const running = [...this.running.values()].map(({ plan, state }) => ({ ...plan.subscription, state }));
    return [...running, ...this.idle.values()];
  }

  private async run(): Promise<void> {
    while (!this.stopping.aborted) {
      try {
        await this.sync();
      } catch (error) {
        this.log.syncFailed(error);
      }
      this.log.show(this.states().map(({ state }) => state));
      await this.clock.sleep(SYNC_MS, this.stopping);
    }
  }

  private async sync(): Promise<void> {
    if (!(await this.turns.stillHeld())) {
      this.log.turnsLost();
      await Promise.all([...this.running.keys()].map((key) => this.end(key)));
    }
    const wanted = new Map((await this.ports.subscriptions.all()).map((one) => [keyOf(one), one]));
    const gone = [...this.running.keys()].filter((key) => !wanted.has(key));
    await Promise.all(gone.map((key) => this.end(key, true)));
    for (const key of this.idle.keys()) if (!wanted.has(key)) this.idle.delete(key);
    await Promise.all([...wanted].map(([key, subscription]) => this.ensure(key, subscription)));
  }

  private async ensure(key: string, subscription: MqttSubscription): Promise<void> {
    if (!(await this.turns.take(key))) {
      this.idle.set(key, { ...subscription, state: 'elsewhere' });
      return;
    }
    let plan: ListenerPlan;
    try {
      plan = await this.planOf(subscription);
    } catch (error) {
      // Credentials that were withdrawn are withdrawn from a running listener too; another worker has no better ones.
      await this.end(key);
      this.idle.set(key, { ...subscription, state: 'unusable' });
      this.log.lost(subscription, 'unusable', SYNC_MS, error);
      return;
    }
    this.idle.delete(key);
    const known = this.running.get(key);
    if (known && isSame(known.plan, plan)) return;
    await known?.stop();
    if (this.stopping.aborted) return;
    const { handler, egress } = this.ports;
    const random = (): number => Math.random();
    this.running.set(key, new MqttListener(plan, { handler, egress, random, log: this.log, clock: this.clock }));
  }

  private async planOf(subscription: MqttSubscription): Promise<ListenerPlan> {
    const { tenantId, integration } = subscription;
    const { secrets, config, version } = await this.ports.vault.resolve(tenantId, mqtt.meta.id, integration);
    return {
      subscription,
      version,
      secrets: mqtt.credentials.secrets.parse(secrets.reveal(), { reportInput: false }),
      config: mqtt.credentials.config.parse(config),
    };
  }

  private async end(key: string, forget = false): Promise<void> {
    const listener = this.running.get(key);
    if (!listener) return;
    this.running.delete(key);
    await listener.stop(forget);
    await this.turns.giveBack(key);
  }
}

function keyOf({ tenantId, integration }: MqttSubscription): string {
  return `${tenantId} ${integration}`;
}

function isSame(one: ListenerPlan, other: ListenerPlan): boolean {
  const topics = ({ subscription }: ListenerPlan): string => JSON.stringify([...subscription.topics].sort());
  return one.version === other.version && topics(one) === topics(other);
}
