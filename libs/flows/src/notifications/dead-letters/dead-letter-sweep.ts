import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '@puente/database';
import { DeadLetterQueue, type HeldMessage, QueueReaders } from '@puente/queue';
import { QueueNotReadError } from './dead-letters.errors';
import { FoundLetters, type Sorted } from './found-letters';
import { keptMark } from './redrive-mark';

export interface SweepOrder {
  readonly tenantId: string;
  /** The redrive on whose behalf messages are written down of which nothing was recorded. */
  readonly redriveId?: string | undefined;
  /** Look at every message; otherwise only until no copy is left that is to go. */
  readonly everything: boolean;
  /** Also behind letters that wait: they are moved to the end of their group for that. */
  readonly deep: boolean;
  readonly signal: AbortSignal;
}

/** Whether every message of the queue was looked at, or nothing was left to look for. */
export type SweepEnd = 'complete' | 'incomplete';

interface Binding {
  readonly queueUrl: string;
  readonly queueArn: string;
  readonly deadLetterUrl: string;
}

/** One sweep of a tenant's queue at a time; a killed one blocks the next for this long. */
const LEASE_S = 30;
const RENEW_MS = 10_000;

/**
 * Goes through a dead-letter queue: deletes the copies of letters that are in the queue again, and writes down what SQS
 * put there by itself. A FIFO queue shows ten messages of a group and hides the rest behind them, so whatever must stay is
 * moved to the end of the queue when something behind it is looked for.
 *
 * Deletes nothing whose text is not in our own rows: every letter's is. May die anywhere: what it held comes back.
 */
@Injectable()
export class DeadLetterSweep {
  constructor(
    private readonly database: TenantDatabase,
    private readonly found: FoundLetters,
    private readonly readers: QueueReaders,
  ) {}

  /**
   * @throws {QueueNotReadError} there are no credentials to read it with
   * @throws whatever SQS says; what was deleted until then is recorded
   */
  async sweep(order: SweepOrder): Promise<SweepEnd> {
    const binding = await this.lease(order.tenantId);
    if (!binding) return 'incomplete';
    try {
      const client = this.readers.clientFor(binding.queueUrl);
      if (!client) throw new QueueNotReadError();
      const queue = new DeadLetterQueue(client, binding.deadLetterUrl);
      return await new Round(order, binding, queue, this.found, this.database).run();
    } finally {
      await this.database.run(order.tenantId, (tx) =>
        tx.query(`UPDATE notification_queues SET sweep_until = NULL WHERE tenant_id = $1`, [order.tenantId]),
      );
    }
  }

  private async lease(tenantId: string): Promise<Binding | undefined> {
    const [binding] = await this.database.run(tenantId, (tx) =>
      tx.query<Binding>(
        `UPDATE notification_queues SET sweep_until = puente_now() + $2 * interval '1 second'
         WHERE tenant_id = $1 AND (sweep_until IS NULL OR sweep_until < puente_now())
         RETURNING queue_url AS "queueUrl", queue_arn AS "queueArn", dead_letter_queue_url AS "deadLetterUrl"`,
        [tenantId, LEASE_S],
      ),
    );
    return binding;
  }
}

/** One time round the queue. */
class Round {
  private readonly id = randomUUID();
  private readonly held = new Map<string, Sorted>();
  private renewedAt = performance.now();

  constructor(
    private readonly order: SweepOrder,
    private readonly binding: Binding,
    private readonly queue: DeadLetterQueue,
    private readonly found: FoundLetters,
    private readonly database: TenantDatabase,
  ) {}

  async run(): Promise<SweepEnd> {
    const wanted = await this.spentLetters();
    try {
      while (!this.order.signal.aborted) {
        await this.renew();
        if (!this.order.everything && (await this.spentLetters(wanted)).length === 0) return 'complete';
        if (await this.step()) continue;
        if (!(await this.sawEverything())) return 'incomplete';
        await this.forget(wanted);
        return 'complete';
      }
      return 'incomplete';
    } finally {
      // A queue that does not answer gives them back by itself, later.
      await this.queue.release([...this.held.values()].map(({ message }) => message)).catch(() => undefined);
    }
  }

  /** A long queue takes its time. */
  private async renew(): Promise<void> {
    if (performance.now() - this.renewedAt < RENEW_MS) return;
    this.renewedAt = performance.now();
    const { tenantId } = this.order;
    await this.database.run(tenantId, (tx) =>
      tx.query(
        `UPDATE notification_queues SET sweep_until = puente_now() + $2 * interval '1 second' WHERE tenant_id = $1`,
        [tenantId, LEASE_S],
      ),
    );
  }

  /** @returns false when nothing more can be reached */
  private async step(): Promise<boolean> {
    const { waiting } = await this.queue.counts();
    const messages = waiting > 0 ? await this.queue.receive() : [];
    if (messages.length === 0) return waiting > 0 && this.order.deep && (await this.moveOn());
    const { tenantId, redriveId } = this.order;
    const sorted = await this.found.sort(messages, { tenantId, redriveId, ...this.binding });
    for (const one of sorted) this.held.set(one.message.id, one);
    await this.remove(sorted.filter(({ verdict }) => verdict === 'spent'));
    return true;
  }

  private async remove(spent: readonly Sorted[]): Promise<void> {
    if (spent.length === 0) return;
    const gone = new Set<HeldMessage>(await this.queue.remove(spent.map(({ message }) => message)));
    for (const { id } of gone) this.held.delete(id);
    const letterIds = spent.flatMap(({ message, letterId }) => (gone.has(message) && letterId ? [letterId] : []));
    await this.markRemoved(letterIds);
  }

  /** Moves what waits out of the way, once each. */
  private async moveOn(): Promise<boolean> {
    const inTheWay = [...this.held.values()].filter(
      ({ verdict, message }) => verdict === 'kept' && !message.deduplicationId.endsWith(this.id),
    );
    const letterIds = new Map(inTheWay.map(({ message, letterId = '' }) => [message, letterId]));
    await this.queue.moveToEnd([...letterIds.keys()], (message) => keptMark(letterIds.get(message) ?? '', this.id));
    for (const { id } of letterIds.keys()) this.held.delete(id);
    return inTheWay.length > 0;
  }

  /** Unless somebody else has a message in hand, or the queue hides some that were not to be moved. */
  private async sawEverything(): Promise<boolean> {
    const { waiting, inFlight } = await this.queue.counts();
    return (waiting === 0 || this.order.deep) && inFlight <= this.held.size;
  }

  /** Letters whose copies are to go, or which of them are still to go. */
  private spentLetters(among?: readonly string[]): Promise<string[]> {
    const { tenantId } = this.order;
    return this.database.run(tenantId, async (tx) => {
      const rows = await tx.query<{ id: string }>(
        `SELECT id FROM dead_letters WHERE tenant_id = $1 AND state IN ('redriven', 'obsolete') AND copy_removed_at IS NULL
           AND ($2::uuid[] IS NULL OR id = ANY ($2))`,
        [tenantId, among ?? null],
      );
      return rows.map(({ id }) => id);
    });
  }

  /** They were not met: too old for the queue, or moved by hand. Unless a copy is only on its way there. */
  private async forget(letterIds: readonly string[]): Promise<void> {
    const { tenantId } = this.order;
    await this.database.run(tenantId, (tx) =>
      tx.query(
        `UPDATE dead_letters d SET copy_removed_at = puente_now()
         WHERE d.tenant_id = $1 AND d.id = ANY ($2::uuid[]) AND d.copy_removed_at IS NULL AND NOT EXISTS (
           SELECT FROM operations o WHERE o.tenant_id = $1 AND o.id = d.copy_operation_id AND o.settled_at IS NULL)`,
        [tenantId, letterIds],
      ),
    );
  }

  private async markRemoved(letterIds: readonly string[]): Promise<void> {
    const { tenantId } = this.order;
    await this.database.run(tenantId, (tx) =>
      tx.query(
        `UPDATE dead_letters SET copy_removed_at = coalesce(copy_removed_at, puente_now())
         WHERE tenant_id = $1 AND id = ANY ($2::uuid[]) AND state IN ('redriven', 'obsolete')`,
        [tenantId, letterIds],
      ),
    );
  }
}
