import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '@puente/database';
import { isUuid } from '@puente/kernel';
import { type AttemptView, OperationLedger, OperationNotFoundError, type OperationView } from '@puente/ledger';
import { Delivered } from '@puente/providers/webhooks';
import {
  type DeliveryFilter,
  type DeliveryRow,
  type DeliverySummary,
  findDelivery,
  listDeliveries,
} from './delivery-rows';
import { WebhookDeliveryNotFoundError } from './webhooks.errors';

export interface DeliveryPage {
  readonly items: readonly DeliverySummary[];
  /** Id before which the next page begins, null on the last one. */
  readonly next: string | null;
}

/** One try: which operation made it, when, how long it took, and what the receiver answered. */
export interface DeliveryAttempt extends AttemptView {
  readonly operationId: string;
}

export interface DeliveryView extends DeliverySummary {
  /** Oldest first, over all its operations. */
  readonly log: readonly DeliveryAttempt[];
}

/** What became of each delivery, try by try. */
@Injectable()
export class WebhookDeliveries {
  constructor(
    private readonly database: TenantDatabase,
    private readonly ledger: OperationLedger,
  ) {}

  /** Newest first. @param cursor `next` of the page before */
  async list(tenantId: string, filter: DeliveryFilter, cursor?: string, limit = 25): Promise<DeliveryPage> {
    const rows = await this.database.run(tenantId, (tx) => listDeliveries(tx, filter, cursor, limit + 1));
    const items = rows.slice(0, limit).map(summaryOf);
    return { items, next: rows.length > limit ? (items.at(-1)?.id ?? null) : null };
  }

  /** @throws {WebhookDeliveryNotFoundError} also for another tenant's */
  async get(tenantId: string, id: string): Promise<DeliveryView> {
    const row = isUuid(id) ? await this.database.run(tenantId, (tx) => findDelivery(tx, id)) : undefined;
    if (!row) throw new WebhookDeliveryNotFoundError(id);
    const operations = [...row.earlier, ...(row.operationId === null ? [] : [row.operationId])];
    const logs = await Promise.all(operations.map((operation) => this.attempts(tenantId, operation)));
    return { ...summaryOf(row), log: logs.flat() };
  }

  private async attempts(tenantId: string, operationId: string): Promise<DeliveryAttempt[]> {
    try {
      const tries = await this.ledger.attempts(tenantId, operationId);
      const arrived = tries.some(wasTaken) ? answerIn(await this.ledger.get(tenantId, operationId)) : {};
      return tries.map((attempt) => ({ ...attempt, ...(wasTaken(attempt) ? arrived : {}), operationId }));
    } catch (error) {
      if (error instanceof OperationNotFoundError) return []; // too old to be kept
      throw error;
    }
  }
}

/** The ledger writes down what failures answered with the try; what came of the success is the operation's output. */
function wasTaken({ outcome, applied }: AttemptView): boolean {
  return outcome === 'ok' && applied;
}

/** Nothing of an output that is no longer kept. */
function answerIn({ output }: OperationView): Partial<Pick<AttemptView, 'providerStatus' | 'excerpt'>> {
  const { success, data } = Delivered.safeParse(output);
  return success ? { providerStatus: data.status, excerpt: data.excerpt ?? null } : {};
}

export function summaryOf({ earlier: _earlier, ...summary }: DeliveryRow): DeliverySummary {
  return summary;
}
