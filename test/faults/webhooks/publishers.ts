import { setTimeout as sleep } from 'node:timers/promises';
import { JsonClient } from '../../support/sandbox-client';
import type { World } from '../ledger/world';

export interface PublisherPlan {
  readonly publishers: number;
  readonly eventsEach: number;
}

const RETRY_MS = 200;
const PATIENCE_MS = 12_000;
const GIVE_UP_MS = 120_000;

/** Systems that publish one event after the other, each under its own key, and again until somebody has accepted it. */
export class Publishers {
  /** As acknowledged: the id that receivers see, by publisher and number. */
  readonly accepted = new Map<string, string>();
  readonly surprises: string[] = [];

  constructor(private readonly world: World) {}

  async run({ publishers, eventsEach }: PublisherPlan): Promise<void> {
    await Promise.all(
      Array.from({ length: publishers }, async (_, publisher) => {
        for (let n = 0; n < eventsEach; n++) await this.publish(publisher, n);
      }),
    );
  }

  private async publish(publisher: number, n: number): Promise<void> {
    const id = `${String(publisher)}-${String(n)}`;
    const event = { type: 'order.paid', payload: { publisher, n }, key: `publisher-${String(publisher)}`, id };
    const giveUpAt = performance.now() + GIVE_UP_MS;
    for (let tries = 0; performance.now() < giveUpAt; tries++) {
      const eventId = await this.once(publisher + tries, event);
      if (eventId !== undefined) {
        this.accepted.set(id, `msg_${eventId}`);
        return;
      }
      await sleep(RETRY_MS);
    }
    this.surprises.push(`${id} found nobody who accepted it for ${String(GIVE_UP_MS / 1_000)} s`);
  }

  /** Each time at another server, as behind a load balancer. */
  private async once(server: number, event: object): Promise<string | undefined> {
    const client = new JsonClient(this.world.apiUrl(server), this.world.tenants[0]?.key);
    const answer = await Promise.race([
      client.post('/v1/events', event).catch(() => undefined),
      sleep(PATIENCE_MS, undefined, { ref: false }),
    ]);
    if (!answer || answer.status === 503) return undefined;
    if (answer.status === 202 || answer.status === 200) return (answer.body as { id: string }).id;
    this.surprises.push(`${String(answer.status)} ${answer.text.slice(0, 300)}`);
    return undefined;
  }
}
