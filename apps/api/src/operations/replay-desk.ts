import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '@puente/database';
import { OperationLedger, OperationReplays, type Replay, type ReplayRequest } from '@puente/ledger';
import { AuditLog, type Origin } from '@puente/tenancy';

/** Many operations done again at once. The new operations and the audit entry are one transaction. */
@Injectable()
export class ReplayDesk {
  constructor(
    private readonly database: TenantDatabase,
    private readonly replays: OperationReplays,
    private readonly ledger: OperationLedger,
    private readonly audit: AuditLog,
  ) {}

  /** What a replay would do; nothing is written. */
  async plan(tenantId: string, request: ReplayRequest) {
    const { operationIds, skipped, next } = await this.database.run(tenantId, (tx) => this.replays.plan(tx, request));
    return { id: null, dryRun: true, items: operationIds.map((of) => ({ of, operationId: null })), skipped, next };
  }

  async replay(tenantId: string, origin: Origin, idempotencyKey: string | undefined, request: ReplayRequest) {
    const replay = await this.database.run(tenantId, async (tx) => {
      const done = await this.replays.replay(tx, request, { actor: origin.actor, idempotencyKey });
      const detail = { replayed: done.items.length, skipped: done.skipped.length, repeatOnce: request.repeatOnce };
      const entry = { ...origin, action: 'operations.replayed', target: `replay:${done.id}`, detail };
      if (done.fresh) await this.audit.record(tx, { ...entry, outcome: 'done' });
      return done;
    });
    this.ledger.wake();
    return { dryRun: false, ...shown(replay) };
  }

  list(tenantId: string, cursor: string | undefined, limit: number) {
    return this.database.run(tenantId, (tx) => this.replays.list(tx, cursor, limit));
  }

  async get(tenantId: string, id: string) {
    const { states, actor, createdAt, ...replay } = await this.database.run(tenantId, (tx) => this.replays.get(tx, id));
    return { ...shown({ ...replay, actor, createdAt }), actor, createdAt, states };
  }
}

function shown({ id, items, skipped, next }: Replay) {
  return { id, items, skipped, next };
}
