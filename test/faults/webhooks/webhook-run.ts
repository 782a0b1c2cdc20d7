import { setTimeout as sleep } from 'node:timers/promises';
import { bodyOf, JsonClient } from '../../support/sandbox-client';
import { until } from '../../support/sandbox-until';
import { World } from '../ledger/world';
import { Publishers } from './publishers';
import { RECEIVERS, type ReceiverName, type ReceiverPlan, Receivers } from './receivers';
import { type WebhookEvidence, type WebhookVerdict, webhookVerdicts } from './webhook-invariants';
import type { WebhookPlan } from './webhook-plan';

export interface WebhookReport {
  readonly scenario: 'webhooks';
  readonly seed: number;
  /** What the seed chose. */
  readonly chosen: ReceiverPlan & { readonly mode: WebhookPlan['mode'] };
  readonly events: number;
  readonly deaths: number;
  readonly requests: Readonly<Record<ReceiverName, number>>;
  readonly duplicates: Readonly<Record<ReceiverName, number>>;
  readonly attackMs: number;
  readonly healMs: number;
  readonly verdicts: readonly WebhookVerdict[];
}

/** While it heals the database's clock runs ahead, so that what waits for minutes is due in seconds. */
const JUMP_S = 20;
const JUMP_EVERY_MS = 1_000;

/** Events for five receivers while workers are killed, one a second on average; then peace, a replay of what was held, and the questions. */
export class WebhookRun {
  private constructor(
    private readonly world: World,
    private readonly receivers: Receivers,
    private readonly plan: WebhookPlan,
    private readonly say: (line: string) => void,
  ) {}

  static async prepare(plan: WebhookPlan, say: (line: string) => void): Promise<WebhookRun> {
    const { seed, mode } = plan;
    const environment = { EGRESS_ALLOWED_CIDRS: '127.0.0.1/32' };
    const world = await World.create({
      seed,
      tenants: 1,
      workers: 3,
      mode,
      environment,
    });
    return new WebhookRun(world, await Receivers.listen(plan.receivers), plan, say);
  }

  get dir(): string {
    return this.world.dir;
  }

  async attack(): Promise<WebhookReport> {
    const { world, receivers, plan } = this;
    const endpoints = await this.createEndpoints();
    const publishers = new Publishers(world);
    const startedMs = performance.now();
    const publishing = publishers.run(plan);
    await this.killUntil(publishing);
    const attackMs = performance.now() - startedMs;
    this.say(`peace after ${(attackMs / 1_000).toFixed(1)} s; ${String(publishers.accepted.size)} published`);
    await world.allReady();
    const beforeReplay = receivers.takenBy('disabled').size;
    await this.enable(endpoints.get('disabled') ?? '');
    await this.calm(publishers.accepted.size);
    const healMs = performance.now() - startedMs - attackMs;
    const evidence = { receivers, publishers, plan, beforeReplay, left: await this.left() };
    return {
      ...{ scenario: 'webhooks', seed: plan.seed, chosen: { mode: plan.mode, ...plan.receivers } },
      ...{ events: publishers.accepted.size },
      deaths: world.lives.filter(({ ending }) => ending === 'kill' || ending === 'itself').length,
      ...counts(evidence),
      ...{ attackMs: Math.round(attackMs), healMs: Math.round(healMs) },
      verdicts: webhookVerdicts(evidence),
    };
  }

  async end({ keepData }: { readonly keepData: boolean }): Promise<void> {
    await this.receivers.close();
    if (keepData) await this.world.stop();
    else await this.world.remove();
  }

  private get admin(): JsonClient {
    return new JsonClient(this.world.apiUrl(0), this.world.tenants[0]?.admin);
  }

  private async createEndpoints(): Promise<Map<ReceiverName, string>> {
    const made = new Map<ReceiverName, string>();
    for (const name of RECEIVERS) {
      const order = {
        ...{ url: `${this.receivers.url}/${name}`, eventTypes: ['order.*'], enabled: name !== 'disabled' },
        ordering: name === this.plan.receivers.fifo ? 'fifo' : 'none',
      };
      const answer = await this.admin.post('/v1/webhook-endpoints', order);
      const { id, secrets } = bodyOf<{ id: string; secrets: { secret: string }[] }>(answer, 201);
      this.receivers.secrets.set(name, secrets[0]?.secret ?? '');
      made.set(name, id);
    }
    return made;
  }

  /** One of the workers that live, as the plan says. */
  private async killUntil(over: Promise<void>): Promise<void> {
    const ended = over.then(() => 'over' as const);
    for (const { waitMs, victim } of this.plan.kills) {
      if ((await Promise.race([ended, sleep(waitMs)])) === 'over') return;
      const ready = this.world.workers.filter(({ isReady }) => isReady);
      ready[victim % Math.max(1, ready.length)]?.kill();
    }
    await ended;
  }

  private async enable(endpointId: string): Promise<void> {
    bodyOf(await this.admin.patch(`/v1/webhook-endpoints/${endpointId}`, { enabled: true }), 200);
    const since = new Date(Date.now() - 86_400_000).toISOString();
    let replayed = 0;
    for (let cursor: string | undefined, more = true; more;) {
      const answer = await this.admin.post(`/v1/webhook-endpoints/${endpointId}/replay`, { since, cursor });
      const page = bodyOf<{ deliveries: number; next: string | null }>(answer, 202);
      replayed += page.deliveries;
      [cursor, more] = [page.next ?? undefined, page.next !== null];
    }
    this.say(`${String(replayed)} held deliveries replayed`);
  }

  /** Every receiver has taken every event, within the bound; what is missing is said by the invariants. */
  private async calm(events: number): Promise<void> {
    const { postgres } = this.world;
    let jumpedMs = performance.now();
    const complete = async (): Promise<boolean> => {
      if (performance.now() - jumpedMs > JUMP_EVERY_MS) {
        jumpedMs = performance.now();
        await postgres.sql(`UPDATE clock_skew SET skew = skew + ${String(JUMP_S)} * interval '1 s'`);
      }
      return RECEIVERS.every((name) => this.receivers.takenBy(name).size >= events) && (await this.left()) === 0;
    };
    const bound = { withinMs: this.plan.healMs, everyMs: 250, what: 'every receiver has every event' };
    await until(complete, bound).catch((error: unknown) => this.say(String(error)));
  }

  /** Deliveries that have not ended. */
  private async left(): Promise<number> {
    const [row] = await this.world.postgres.sql<{ n: number }>(
      `SELECT count(*)::int AS n FROM operations WHERE provider = 'webhooks' AND state IN ('queued', 'running', 'unknown')`,
    );
    return row?.n ?? 0;
  }
}

function counts({ receivers }: WebhookEvidence): Pick<WebhookReport, 'requests' | 'duplicates'> {
  const of = (count: (name: ReceiverName) => number): Record<ReceiverName, number> =>
    Object.fromEntries(RECEIVERS.map((name) => [name, count(name)])) as Record<ReceiverName, number>;
  const taken = (name: ReceiverName): number =>
    receivers.receipts.filter((receipt) => receipt.receiver === name && receipt.taken).length;
  return {
    requests: of((name) => receivers.receipts.filter(({ receiver }) => receiver === name).length),
    duplicates: of((name) => taken(name) - receivers.takenBy(name).size),
  };
}
