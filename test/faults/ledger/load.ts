import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, JsonClient } from '../../support/sandbox-client';
import type { Item } from './ledger-plan';
import type { World } from './world';

const RETRY_MS = 200;
const GIVE_UP_MS = 120_000;
/** A client does not wait for ever for an answer that a frozen or dead server will not give. */
const PATIENCE_MS = 12_000;
/** Every so many presses twice. */
const IMPATIENT = 12;

/** Somebody told the client that it was accepted; from then on it must end. */
export interface Accepted {
  readonly item: Item;
  readonly operationId: string;
  readonly orderId: string | undefined;
  readonly requests: number;
}

type Acknowledged = Pick<Accepted, 'operationId' | 'orderId'>;

/** Clients as they should be: what is not answered is asked again, under the same key, until it is. */
export class Load {
  readonly accepted: Accepted[] = [];
  /** Answers that no client should have got. */
  readonly surprises: string[] = [];
  private stopped = false;

  constructor(private readonly world: World) {}

  /** Resolves when every item was accepted, or nobody did for so long. */
  async run(items: readonly Item[]): Promise<void> {
    const startedMs = performance.now();
    await Promise.all(
      items.map(async (item) => {
        await sleep(item.atMs - (performance.now() - startedMs));
        await this.send(item);
      }),
    );
  }

  stop(): void {
    this.stopped = true;
  }

  private async send(item: Item): Promise<void> {
    const giveUpAt = performance.now() + GIVE_UP_MS;
    for (let requests = 1; performance.now() < giveUpAt && !this.stopped; requests++) {
      const ids = await this.acknowledged(item, requests);
      if (ids) {
        this.accepted.push({ item, ...ids, requests });
        return;
      }
      await sleep(RETRY_MS);
    }
    this.surprises.push(`${item.ref} found nobody who accepted it for ${String(GIVE_UP_MS / 1_000)} s`);
  }

  /** Some press the button twice: both get the same answer, or one of them none. */
  private async acknowledged(item: Item, requests: number): Promise<Acknowledged | undefined> {
    const presses = item.n % IMPATIENT === 0 ? [0, 1] : [0];
    const answers = await Promise.all(presses.map((press) => this.once(item, requests + press).catch(() => undefined)));
    const [first, second] = answers.flatMap((answer) => (answer && this.idsIn(item, answer)) ?? []);
    if (first && second && first.operationId !== second.operationId)
      this.surprises.push(`${item.ref}: one key, ${first.operationId} and ${second.operationId}`);
    return first;
  }

  /** Each time at another server, as behind a load balancer. */
  private async once(item: Item, requests: number): Promise<Answer | undefined> {
    const tenant = this.world.tenants[item.tenant];
    const client = new JsonClient(this.world.apiUrl(item.n + requests), tenant?.key);
    return Promise.race([request(client, item), sleep(PATIENCE_MS, undefined, { ref: false })]);
  }

  private idsIn({ ref }: Item, { status, body, text }: Answer): Acknowledged | undefined {
    const said = (body ?? {}) as { operationId?: string; id?: string; code?: string };
    // A synchronous call, and a repeat whose operation has ended by now, also tell what became of it.
    const told = [200, 202, 422, 424, 502].includes(status);
    if (told && said.operationId !== undefined) return { operationId: said.operationId, orderId: said.id };
    const again = status === 503 || status === 409;
    if (!again) this.surprises.push(`${ref}: ${String(status)} ${text.slice(0, 300)}`);
    return undefined;
  }
}

function request(client: JsonClient, item: Item): Promise<Answer> {
  const { kind, ref, bucket, operation, shelf, grouped } = item;
  const key = { 'idempotency-key': `key-of-${ref}` };
  if (kind === 'order' || kind === 'shelf')
    return client.post('/v1/faults/orders', { ref, bucket, operation, shelf, grouped }, key);
  const path = `/v1/integrations/fault/operations/${doorOf(item)}`;
  if (kind === 'sync') return client.post(`${path}?waitMs=1500`, { ref, bucket }, key);
  const onUnknown = kind === 'resend' || kind === 'drop' ? `?onUnknown=${kind}` : '';
  const bug = kind === 'poison' ? { poison: true } : kind === 'throws' ? { throws: 2 } : {};
  return client.post(`${path}${onUnknown}`, { ref, bucket, ...bug }, { ...key, prefer: 'respond-async' });
}

export function doorOf({ kind, operation }: Item): 'put' | 'pay' | 'send' {
  switch (kind) {
    case 'put':
    case 'pay':
      return kind;
    case 'review':
    case 'resend':
    case 'drop':
      return 'send';
    case 'order':
    case 'shelf':
    case 'sync':
    case 'throws':
    case 'poison':
      return operation;
  }
}
