import { Injectable } from '@nestjs/common';
import { DispatchDatabase, TenantDatabase } from '@puente/database';
import { fullJitter } from '@puente/resilience';
import { Bell } from '../dispatch/bell';
import { DatabaseWatch, isDatabaseAway } from '../dispatch/database-watch';
import { WorkHints } from '../dispatch/work-hints';
import type { ViewRow } from '../reading/operation-views';
import { DELIVER, UNDELIVERED } from '../sql/read';
import { DeliveryReports } from './delivery-reports';
import { SettlementRegistry } from './settlement-registry';

const BACKOFF = { baseMs: 1_000, capMs: 300_000 };
const AT_ONCE = 8;
const PAGE = 200;
/** Before every settlement, in keyset order. */
const BEGINNING = ['-infinity', '00000000-0000-0000-0000-000000000000'] as const;

interface Undelivered {
  readonly id: string;
  readonly tenant_id: string;
  readonly subscriber: string;
  readonly settled_at: string;
}

interface Backoff {
  readonly failures: number;
  readonly untilMs: number;
}

/**
 * Tells flows what became of their operations, exactly once as far as the database goes: the mark "delivered" and what
 * the handler writes are one transaction. A handler that throws is tried again later and holds up nobody else.
 */
@Injectable()
export class SettlementPump {
  private readonly bell = new Bell();
  private readonly waiting = new Map<string, Backoff>();
  private readonly watch: DatabaseWatch;
  private stopping = false;
  private loop: Promise<void> | undefined;
  private unsubscribe: () => void = () => undefined;

  constructor(
    private readonly dispatch: DispatchDatabase,
    private readonly tenants: TenantDatabase,
    private readonly registry: SettlementRegistry,
    private readonly hints: WorkHints,
    private readonly delivery: DeliveryReports,
  ) {
    this.watch = new DatabaseWatch('deliver settlements', delivery.time, delivery.log);
  }

  start(): void {
    if (this.loop) return;
    this.unsubscribe = this.hints.on('settled', () => this.bell.ring());
    this.loop = this.run();
  }

  /** Lets the deliveries of this moment end. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.unsubscribe();
    this.bell.ring();
    await this.loop;
  }

  /** A method, since it changes while one waits. */
  private isStopping(): boolean {
    return this.stopping;
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      let waitMs = this.delivery.settings.pollMs;
      try {
        await this.pass();
        this.watch.answered();
      } catch (error) {
        waitMs = this.watch.failed(error);
      }
      if (!this.isStopping()) await this.bell.wait(waitMs);
    }
  }

  /** Once over everything undelivered, page by page. */
  private async pass(): Promise<void> {
    const names = this.registry.names();
    if (names.length === 0) return;
    let after: readonly [string, string] = BEGINNING;
    const seen = new Set<string>();
    for (;;) {
      const page: Undelivered[] = await this.dispatch.query<Undelivered>(UNDELIVERED, [names, ...after]);
      const now = this.delivery.time.nowMs();
      const due = page.filter(({ id }) => (this.waiting.get(id)?.untilMs ?? 0) <= now);
      await atMost(AT_ONCE, due, (each) => this.deliver(each));
      for (const { id } of page) seen.add(id);
      const last = page.at(-1);
      if (this.isStopping()) return;
      if (!last || page.length < PAGE) break;
      after = [last.settled_at, last.id];
    }
    // Another process had more luck with these.
    for (const id of this.waiting.keys()) if (!seen.has(id)) this.waiting.delete(id);
  }

  private async deliver({ id, tenant_id, subscriber }: Undelivered): Promise<void> {
    const handler = this.registry.get(subscriber);
    if (!handler || this.stopping) return;
    try {
      await this.tenants.run(tenant_id, async (tx) => {
        const [row] = await tx.query<ViewRow>(DELIVER, [id]);
        if (row) await handler(tx, await this.delivery.views.whole(row));
      });
      this.waiting.delete(id);
    } catch (error) {
      if (isDatabaseAway(error)) throw error;
      const failures = (this.waiting.get(id)?.failures ?? 0) + 1;
      const waitMs = fullJitter(BACKOFF, failures, this.delivery.time.random);
      this.waiting.set(id, { failures, untilMs: this.delivery.time.nowMs() + waitMs });
      this.delivery.failed({ operationId: id, tenantId: tenant_id, subscriber, waitMs }, error);
    }
  }
}

/** Runs `work` over all items, `n` at a time; the first failure is thrown after the others in flight have ended. */
async function atMost<T>(n: number, items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const failures: unknown[] = [];
  const lane = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined && failures.length === 0; item = left.shift()) {
      await work(item).catch((error: unknown) => void failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: Math.min(n, left.length) }, lane));
  if (failures.length > 0) throw failures[0];
}
