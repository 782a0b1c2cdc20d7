import { Injectable } from '@nestjs/common';
import { TenantDatabase, type TenantTransaction } from '@puente/database';
import { isUuid, uuidv7 } from '@puente/kernel';
import { OperationLedger, PRIORITIES } from '@puente/ledger';
import { AuditLog, type Origin } from '@puente/tenancy';
import {
  continueWith,
  countDeliveries,
  type DeliveryRow,
  type DeliverySummary,
  findDelivery,
  lockDeliveries,
} from './delivery-rows';
import { DeliverySending } from './delivery-sending';
import { type DeliveryStatus, REPLAYABLE } from './delivery-status';
import { findTarget, insertDeliveries, type Target } from './event-rows';
import { summaryOf } from './webhook-deliveries';
import { WebhookDeliveryLiveError, WebhookDeliveryNotFoundError, WebhookEndpointDisabledError, WebhookEndpointNotFoundError } from './webhooks.errors'; // prettier-ignore

export interface BulkReplay {
  /** Published from then on. */
  readonly since: Date;
  readonly until?: Date | undefined;
  /** Default: all that did not arrive. */
  readonly statuses?: readonly DeliveryStatus[] | undefined;
  /** Only count. */
  readonly dryRun: boolean;
  /** At most so many in one request. */
  readonly limit: number;
  /** `next` of the request before. */
  readonly cursor?: string | undefined;
}

export interface BulkReplayed {
  readonly dryRun: boolean;
  /** How many there are, or were sent again. */
  readonly deliveries: number;
  /** Where the next request goes on; null when all are done. */
  readonly next: string | null;
}

/** In one transaction: a bulk replay goes on in steps, and what stops it leaves whole steps behind. */
const STEP = 100;

/** Sends deliveries again: under the same `webhook-id`, so that a receiver which has the event knows it. Each is audited. */
@Injectable()
export class DeliveryReplays {
  constructor(
    private readonly database: TenantDatabase,
    private readonly sending: DeliverySending,
    private readonly ledger: OperationLedger,
    private readonly audit: AuditLog,
  ) {}

  /**
   * One delivery again, whatever became of it.
   *
   * @throws {WebhookDeliveryNotFoundError} {@link WebhookDeliveryLiveError} {@link WebhookEndpointDisabledError}
   * @throws {EventPayloadExpiredError} {@link PayloadExpiredError}
   */
  async one(tenantId: string, id: string, origin: Origin): Promise<DeliverySummary> {
    return this.database.run(tenantId, async (tx) => {
      await this.ledger.repeatsInTurn(tx);
      const row = isUuid(id) ? await findDelivery(tx, id, true) : undefined;
      if (!row) throw new WebhookDeliveryNotFoundError(id);
      const again = await this.again(tx, row, await enabledTarget(tx, row.endpointId), PRIORITIES.normal);
      await this.record(tx, origin, `webhook-delivery:${id}`, { deliveries: 1 });
      return again;
    });
  }

  /** An event to an endpoint, also to one that did not get it: it was made, or subscribed, later. @throws as {@link one} */
  async event(tenantId: string, eventId: string, endpointId: string, origin: Origin): Promise<DeliverySummary> {
    return this.database.run(tenantId, async (tx) => {
      await this.ledger.repeatsInTurn(tx);
      const target = await enabledTarget(tx, endpointId);
      const event = await this.sending.event(tx, eventId);
      const [known] = await lockDeliveries(tx, { eventId, endpointId }, undefined, 1);
      await this.record(tx, origin, `webhook-event:${eventId}`, { endpointId });
      if (known) return this.again(tx, known, target, PRIORITIES.normal);
      const id = uuidv7();
      await this.sending.send(tx, event, target, { id });
      const created_at = new Date().toISOString();
      await insertDeliveries(tx, [
        { id, tenant_id: tenantId, event_id: eventId, endpoint_id: endpointId, operation_id: id, created_at },
      ]);
      return summaryOf(found(await findDelivery(tx, id), id));
    });
  }

  /**
   * What did not arrive at an endpoint since a time, oldest first and behind everything else that waits. In steps, of
   * which each is committed and audited by itself.
   *
   * @throws {WebhookEndpointNotFoundError} {@link WebhookEndpointDisabledError}
   */
  async since(tenantId: string, endpointId: string, request: BulkReplay, origin: Origin): Promise<BulkReplayed> {
    const { since, until, statuses = REPLAYABLE, dryRun, limit, cursor } = request;
    const filter = { endpointId, since, until, statuses };
    if (dryRun) {
      const deliveries = await this.database.run(tenantId, async (tx) => {
        await existing(tx, endpointId);
        return countDeliveries(tx, filter);
      });
      return { dryRun, deliveries, next: null };
    }
    let [done, after, isLast] = [0, cursor, false];
    while (done < limit && !isLast) {
      const size = Math.min(STEP, limit - done);
      const step = await this.database.run(tenantId, async (tx) => {
        await this.ledger.repeatsInTurn(tx);
        const target = await enabledTarget(tx, endpointId);
        const rows = await lockDeliveries(tx, filter, after, size);
        for (const row of rows) await this.again(tx, row, target, PRIORITIES.bulk);
        if (rows.length > 0) {
          const detail = { deliveries: rows.length, since: since.toISOString() };
          await this.record(tx, origin, `webhook-endpoint:${endpointId}`, detail);
        }
        return rows;
      });
      done += step.length;
      after = step.at(-1)?.id ?? after;
      isLast = step.length < size;
    }
    return { dryRun, deliveries: done, next: isLast ? null : (after ?? null) };
  }

  private async again(
    tx: TenantTransaction,
    row: DeliveryRow,
    target: Target,
    priority: number,
  ): Promise<DeliverySummary> {
    if (row.status === 'pending') throw new WebhookDeliveryLiveError(row.id);
    await this.send(tx, row, target, priority);
    return summaryOf(found(await findDelivery(tx, row.id), row.id));
  }

  /** What ended badly is done again by the ledger itself, which also lets go who waited behind it; the delivery follows. */
  private async send(tx: TenantTransaction, row: DeliveryRow, target: Target, priority: number): Promise<void> {
    const { id, operationId, status } = row;
    if (operationId !== null && status !== 'delivered' && status !== 'expired') {
      await this.ledger.retry(tx, operationId);
      return;
    }
    const event = await this.sending.event(tx, row.eventId);
    // The chain stays one: the operation before is not repeated beside this one. One that is no longer kept has no link.
    const repeats = operationId !== null && status === 'delivered' ? { replayOf: operationId } : {};
    await continueWith(tx, id, await this.sending.send(tx, event, target, { priority, ...repeats }));
  }

  private record(
    tx: TenantTransaction,
    origin: Origin,
    target: string,
    detail: Readonly<Record<string, string | number>>,
  ): Promise<void> {
    return this.audit.record(tx, { ...origin, action: 'webhook-delivery.replayed', target, outcome: 'done', detail });
  }
}

async function existing(tx: TenantTransaction, endpointId: string): Promise<Target> {
  const target = isUuid(endpointId) ? await findTarget(tx, tx.tenantId, endpointId) : undefined;
  if (!target) throw new WebhookEndpointNotFoundError(endpointId);
  return target;
}

async function enabledTarget(tx: TenantTransaction, endpointId: string): Promise<Target> {
  const target = await existing(tx, endpointId);
  if (!target.enabled) throw new WebhookEndpointDisabledError(endpointId);
  return target;
}

function found(row: DeliveryRow | undefined, id: string): DeliveryRow {
  if (!row) throw new WebhookDeliveryNotFoundError(id);
  return row;
}
