import { Injectable } from '@nestjs/common';
import { DatabaseUnavailableError, DispatchDatabase, isDatabaseAway } from '@puente/database';
import { done, failed, GroupCommit, type GroupResult } from '@puente/kernel';
import { JoinedAccept } from '@puente/ledger';
import { EventPlanning, type NewEvent, type PlannedEvent, type PublishedEvent, wantedBy } from './event-planning';
import { type FirstEvent, findFirstEvents, findTargets, insertDeliveries, insertEvents } from './event-rows';
import { WebhookMetrics } from './webhook-metrics';
import { EventIdReusedError } from './webhooks.errors';

/** Deliveries in one transaction: a group that brings more is written in several. */
const MOST_DELIVERIES = 1_000;
/** How often an event is tried alone while others with its id, or the endpoints it goes to, come and go. */
const ROUNDS = 3;

/**
 * The fast way to publish. Events of one moment share the look for their endpoints and the transaction in which they,
 * their deliveries and the operations of these are written: a handful of statements for up to 200 of them. When the
 * database refuses a group each of it is tried alone, and only the bad one fails.
 */
@Injectable()
export class EventPublisher {
  private readonly group: GroupCommit<NewEvent, PublishedEvent>;

  constructor(
    private readonly db: DispatchDatabase,
    private readonly planning: EventPlanning,
    private readonly accept: JoinedAccept,
    private readonly metrics: WebhookMetrics,
  ) {
    this.group = new GroupCommit({ maxSize: 200, maxInFlight: 4, waitMs: 2 }, (events) => this.publishAll(events));
  }

  /**
   * Resolves after the commit.
   *
   * @throws {EventTooLargeError} {@link EventFanOutTooLargeError} {@link EventIdReusedError}
   */
  async publish(event: NewEvent): Promise<PublishedEvent> {
    try {
      const published = await this.group.add(event);
      this.metrics.published(event.origin, published);
      return published;
    } catch (error) {
      // Whether a lost COMMIT counted is open: the same event id finds out.
      throw isDatabaseAway(error) ? new DatabaseUnavailableError(error) : error;
    }
  }

  private async publishAll(events: readonly NewEvent[]): Promise<GroupResult<PublishedEvent>[]> {
    const plans = await this.planAll(events);
    const results = new Map<NewEvent, GroupResult<PublishedEvent>>();
    for (const some of chunked(plans, results)) {
      for (const [event, result] of await this.together(some)) results.set(event, result);
    }
    return events.map((event) => results.get(event) ?? failed(new Error('The event was not planned')));
  }

  private async planAll(events: readonly NewEvent[]): Promise<readonly Plan[]> {
    const targets = await findTargets(this.db, events.map(wantedBy));
    return Promise.all(
      events.map(async (event, at): Promise<Plan> => {
        try {
          return { event, planned: await this.planning.plan(event, targets[at] ?? []) };
        } catch (error) {
          return { event, error };
        }
      }),
    );
  }

  private async together(some: readonly Good[]): Promise<[NewEvent, GroupResult<PublishedEvent>][]> {
    try {
      const fresh = await this.write(some.map(({ planned }) => planned));
      return await Promise.all(
        some.map(async ({ event, planned }) => {
          const result = fresh.has(planned.row.id) ? done(publishedOf(planned)) : await settled(this.repeated(planned, event)); // prettier-ignore
          return [event, result] as [NewEvent, GroupResult<PublishedEvent>];
        }),
      );
    } catch (error) {
      if (isDatabaseAway(error)) throw error;
      // One after another: events of one key keep their order.
      const results: [NewEvent, GroupResult<PublishedEvent>][] = [];
      for (const { event } of some) results.push([event, await settled(this.alone(event))]);
      return results;
    }
  }

  private async write(planned: readonly PlannedEvent[]): Promise<ReadonlySet<string>> {
    let written: readonly PlannedEvent[] = [];
    const fresh = await this.db.transaction(async (tx) => {
      const inserted = await insertEvents(tx, planned.map(({ row }) => row)); // prettier-ignore
      written = planned.filter(({ row }) => inserted.has(row.id));
      await this.accept.write(tx, written.map(({ operations }) => operations)); // prettier-ignore
      await insertDeliveries(tx, written.flatMap(({ deliveries }) => deliveries)); // prettier-ignore
      return inserted;
    });
    this.accept.announce(written.map(({ operations }) => operations));
    return fresh;
  }

  /** Its id was used before: by the same event, or by another one. */
  private async repeated(planned: PlannedEvent, event: NewEvent): Promise<PublishedEvent> {
    const [first] = await findFirstEvents(this.db, [planned.row]);
    return first ? repeatOf(first, planned) : this.alone(event);
  }

  private async alone(event: NewEvent): Promise<PublishedEvent> {
    let last = new Error('Another event with this id came and went each time');
    for (let round = 0; round < ROUNDS; round += 1) {
      const [targets = []] = await findTargets(this.db, [wantedBy(event)]);
      const planned = await this.planning.plan(event, targets);
      try {
        if ((await this.write([planned])).size > 0) return publishedOf(planned);
        const [first] = await findFirstEvents(this.db, [planned.row]);
        if (first) return repeatOf(first, planned);
      } catch (error) {
        if (isDatabaseAway(error) || error instanceof EventIdReusedError) throw error;
        last = error instanceof Error ? error : new Error(String(error));
      }
    }
    throw last;
  }
}

interface Good {
  readonly event: NewEvent;
  readonly planned: PlannedEvent;
}
type Plan = Good | { readonly event: NewEvent; readonly error: unknown };

/** In the order given; those that cannot be written are answered here. */
function* chunked(plans: readonly Plan[], results: Map<NewEvent, GroupResult<PublishedEvent>>): Generator<Good[]> {
  let [chunk, size] = [[] as Good[], 0];
  for (const plan of plans) {
    if ('error' in plan) {
      results.set(plan.event, failed(plan.error));
      continue;
    }
    if (chunk.length > 0 && size + plan.planned.deliveries.length > MOST_DELIVERIES) {
      yield chunk;
      [chunk, size] = [[], 0];
    }
    chunk.push(plan);
    size += plan.planned.deliveries.length;
  }
  if (chunk.length > 0) yield chunk;
}

function publishedOf({ row: { id, deliveries, held } }: PlannedEvent): PublishedEvent {
  return { id, deliveries, held, replayed: false };
}

function repeatOf({ id, event_id, request_hash, deliveries, held }: FirstEvent, { row }: PlannedEvent): PublishedEvent {
  if (request_hash !== row.request_hash) throw new EventIdReusedError(event_id, id);
  return { id, deliveries, held, replayed: true };
}

async function settled<R>(work: Promise<R>): Promise<GroupResult<R>> {
  return (await Promise.allSettled([work]))[0];
}
