import { Injectable } from '@nestjs/common';
import { DispatchDatabase, TenantDatabase, isDatabaseAway } from '@puente/database';
import { fullJitter } from '@puente/resilience';
import { WorkHints } from '../dispatch/work-hints';
import type { ViewRow } from '../reading/operation-views';
import { DELIVER, UNDELIVERED } from '../sql/read';
import { atMost } from './at-most';
import { DeliveryLoop } from './delivery-loop';
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
  private readonly waiting = new Map<string, Backoff>();
  private readonly loop: DeliveryLoop;

  constructor(
    private readonly dispatch: DispatchDatabase,
    private readonly tenants: TenantDatabase,
    private readonly registry: SettlementRegistry,
    hints: WorkHints,
    private readonly delivery: DeliveryReports,
  ) {
    const { settings, time, log } = delivery;
    const pass = (): Promise<void> => this.pass();
    this.loop = new DeliveryLoop({
      what: 'deliver settlements',
      pollMs: settings.settlementPollMs,
      pass,
      hints,
      time,
      log,
    });
  }

  start(): void {
    this.loop.start();
  }

  /** Lets the deliveries of this moment end. */
  stop(): Promise<void> {
    return this.loop.stop();
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
      if (this.loop.isStopping()) return;
      if (!last || page.length < PAGE) break;
      after = [last.settled_at, last.id];
    }
    // Another process had more luck with these.
    for (const id of this.waiting.keys()) if (!seen.has(id)) this.waiting.delete(id);
  }

  private async deliver({ id, tenant_id, subscriber }: Undelivered): Promise<void> {
    const handler = this.registry.get(subscriber);
    if (!handler || this.loop.isStopping()) return;
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
