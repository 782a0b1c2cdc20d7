import { Injectable } from '@nestjs/common';
import { TenantDatabase, type TenantTransaction } from '@puente/database';
import { OperationLedger, type OperationView, type Resolution, type Retried, SettlementWaits } from '@puente/ledger';
import { AuditLog, type Origin } from '@puente/tenancy';
import type { ListOperationsQuery, ResolveOperation } from './operations.dto';

/** What people do with operations. Each act and its audit entry are one transaction. */
@Injectable()
export class OperationDesk {
  constructor(
    private readonly database: TenantDatabase,
    private readonly ledger: OperationLedger,
    private readonly audit: AuditLog,
    private readonly waits: SettlementWaits,
  ) {}

  async list(
    tenantId: string,
    { state: states, since, until, settledSince, cursor, limit, ...filter }: ListOperationsQuery,
  ) {
    const page = await this.ledger.list(
      tenantId,
      { ...filter, states, createdFrom: since, createdBefore: until, settledFrom: settledSince },
      cursor,
      limit,
    );
    return { items: page.items.map(summaryOf), next: page.next };
  }

  /** @param waitMs how long to wait for it to be settled, unless the client is gone before */
  async get(tenantId: string, id: string, waitMs: number, gone: AbortSignal) {
    let operation = await this.ledger.get(tenantId, id);
    if (operation.settledAt === null && waitMs > 0) {
      await this.waits.settled(tenantId, id, waitMs, gone);
      operation = await this.ledger.get(tenantId, id);
    }
    return { ...summaryOf(operation), output: operation.output, attempts: await this.ledger.attempts(tenantId, id) };
  }

  retry(tenantId: string, origin: Origin, id: string): Promise<Retried> {
    return this.act(tenantId, origin, 'operation.retried', id, (tx) => this.ledger.retry(tx, id));
  }

  async cancel(tenantId: string, origin: Origin, id: string) {
    return summaryOf(await this.act(tenantId, origin, 'operation.cancelled', id, (tx) => this.ledger.cancel(tx, id)));
  }

  async resolve(tenantId: string, origin: Origin, id: string, { outcome, then, note }: ResolveOperation) {
    const resolution = { outcome, then } as Resolution; // the schema admits only its two shapes
    const resolved = await this.act(
      tenantId,
      origin,
      'operation.resolved',
      id,
      (tx) => this.ledger.resolve(tx, id, resolution),
      {
        outcome,
        then,
        ...(note === undefined ? {} : { note }),
      },
    );
    return summaryOf(resolved);
  }

  private async act<T>(
    tenantId: string,
    origin: Origin,
    action: string,
    id: string,
    work: (tx: TenantTransaction) => Promise<T>,
    detail: Readonly<Record<string, string>> = {},
  ): Promise<T> {
    return this.database.run(tenantId, async (tx) => {
      const done = await work(tx);
      await this.audit.record(tx, { ...origin, action, target: `operation:${id}`, outcome: 'done', detail });
      return done;
    });
  }
}

/** An operation without its content; `nextAttemptAt` only while there is a next attempt. */
function summaryOf(operation: OperationView) {
  const {
    id,
    provider,
    integration,
    effect,
    state,
    attempt,
    repeats,
    maybeSent,
    routeKey,
    replayOf,
    payloadExpiredAt,
  } = operation;
  const { failure, providerCode, providerStatus, failureMessage, createdAt, settledAt } = operation;
  const waits = state === 'queued' || state === 'unknown';
  return {
    ...{ id, provider, operation: operation.operation, integration, effect, state, attempt, repeats, maybeSent },
    ...{ failure, providerCode, providerStatus, failureMessage, routeKey, replayOf },
    payloadExpiredAt,
    ...{ nextAttemptAt: waits ? operation.nextAttemptAt : null, createdAt, settledAt },
  };
}
