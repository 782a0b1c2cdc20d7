import { Injectable } from '@nestjs/common';
import { DispatchDatabase, TenantDatabase, type TenantTransaction, isDatabaseAway } from '@puente/database';
import { fullJitter } from '@puente/resilience';
import { WorkHints } from '../dispatch/work-hints';
import { atMost } from '../settlements/at-most';
import { DeliveryLoop } from '../settlements/delivery-loop';
import { DUE_EVENTS, EVENT_DEPTHS, POSTPONE_EVENT, REMOVE_EVENTS, TAKE_EVENTS } from '../sql/events';
import type { ViewRow } from '../reading/operation-views';
import { ConsumerPauses } from './consumer-pauses';
import type { EndedState, OperationEvent } from './operation-event';
import { OperationEventRegistry } from './operation-event-registry';
import { OperationEventReports } from './operation-event-reports';

const EVENT_BACKOFF = { baseMs: 1_000, capMs: 300_000 };
const AT_ONCE = 4;
const BATCH = 100;
/** Tenants and consumers looked at in one statement. */
const STREAMS = 500;
const BEGINNING = ['', '00000000-0000-0000-0000-000000000000'] as const;
const MEASURE_EVERY_MS = 15_000;

/** The events of one tenant for one consumer. */
interface Stream {
  readonly consumer: string;
  readonly tenant_id: string;
}

interface EventRow extends ViewRow {
  readonly event_id: string;
  readonly event_state: EndedState;
  readonly event_at: Date;
  readonly event_failures: number;
}

/** Tells consumers what became of operations: a batch of a tenant's events and what the handler writes are one commit. */
@Injectable()
export class OperationEventPump {
  private readonly loop: DeliveryLoop;
  private readonly pauses: ConsumerPauses;
  private measuredAtMs = -Infinity;

  constructor(
    private readonly dispatch: DispatchDatabase,
    private readonly tenants: TenantDatabase,
    private readonly registry: OperationEventRegistry,
    hints: WorkHints,
    private readonly reports: OperationEventReports,
  ) {
    const { settings, time, log } = reports;
    const pass = (): Promise<void> => this.pass();
    this.pauses = new ConsumerPauses(time);
    this.loop = new DeliveryLoop({
      what: 'deliver operation events',
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

  /** Until nothing is due: a batch of each tenant's, in turns, so that a busy one holds up nobody. */
  private async pass(): Promise<void> {
    if (this.registry.isEmpty) return;
    let more = true;
    while (more && !this.loop.isStopping()) {
      more = false;
      for await (const streams of this.due()) {
        await atMost(AT_ONCE, streams, async (stream) => {
          if ((await this.deliver(stream)) >= BATCH) more = true;
        });
      }
    }
    await this.measure();
  }

  private async *due(): AsyncGenerator<Stream[]> {
    let after: readonly [string, string] = BEGINNING;
    for (;;) {
      const params = [this.registry.names(), ...after, STREAMS];
      const streams: (Stream & { readonly due: boolean })[] = await this.dispatch.query(DUE_EVENTS, params);
      yield streams.filter(({ due, consumer }) => due && !this.pauses.isPaused(consumer));
      const last = streams.at(-1);
      if (!last || streams.length < STREAMS || this.loop.isStopping()) return;
      after = [last.consumer, last.tenant_id];
    }
  }

  /** @returns how many were taken over */
  private async deliver(stream: Stream): Promise<number> {
    if (this.loop.isStopping()) return 0;
    const failed = await this.attempt(stream, BATCH);
    if (typeof failed === 'number') return failed;
    for (const row of failed.rows) {
      if (this.pauses.isPaused(stream.consumer) || this.loop.isStopping()) break;
      const alone = failed.rows.length === 1 ? failed : await this.attempt(stream, 1, row.event_id);
      if (typeof alone !== 'number') await this.postpone(stream, row, alone.error);
    }
    return 0;
  }

  /** @returns how many the handler took over, or those it threw at */
  private async attempt(
    { consumer, tenant_id: tenantId }: Stream,
    size: number,
    only: string | null = null,
  ): Promise<number | { readonly rows: readonly EventRow[]; readonly error: unknown }> {
    let rows: readonly EventRow[] = [];
    try {
      await this.tenants.run(tenantId, async (tx) => {
        rows = await tx.query<EventRow>(TAKE_EVENTS, [consumer, size, only]);
        if (rows.length > 0) await this.handle(tx, consumer, rows);
      });
    } catch (error) {
      if (isDatabaseAway(error)) throw error;
      return { rows, error };
    }
    if (rows.length > 0) this.pauses.delivered(consumer);
    this.reports.delivered(consumer, rows.length);
    return rows.length;
  }

  private async handle(tx: TenantTransaction, consumer: string, rows: readonly EventRow[]): Promise<void> {
    const events = await Promise.all(rows.map((row) => this.eventOf(row)));
    await this.registry.handler(consumer)?.(tx, events);
    await tx.query(REMOVE_EVENTS, [rows.map(({ event_id }) => event_id)]);
  }

  private async eventOf(row: EventRow): Promise<OperationEvent> {
    const { event_id: id, event_state: state, event_at: at } = row;
    return { id, type: `operation.${state}`, at, operation: await this.reports.views.whole(row) };
  }

  private async postpone({ consumer, tenant_id: tenantId }: Stream, row: EventRow, error: unknown): Promise<void> {
    const waitMs = fullJitter(EVENT_BACKOFF, row.event_failures + 1, this.reports.time.random);
    await this.tenants.run(tenantId, (tx) => tx.query(POSTPONE_EVENT, [row.event_id, waitMs]));
    this.reports.failed({ operationId: row.id, tenantId, consumer, waitMs }, error);
    const pausedMs = this.pauses.failed(consumer);
    if (pausedMs > 0) this.reports.log.consumerFailing({ consumer, waitMs: pausedMs });
  }

  private async measure(): Promise<void> {
    const nowMs = this.reports.time.nowMs();
    if (nowMs - this.measuredAtMs < MEASURE_EVERY_MS) return;
    this.measuredAtMs = nowMs;
    this.reports.metrics.depths(await this.dispatch.query(EVENT_DEPTHS), this.registry.names());
  }
}
