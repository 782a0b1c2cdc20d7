import { Injectable } from '@nestjs/common';
import { RepeatRegistry } from '../replay/repeat-registry';
import type { TenantTransaction } from '@puente/database';
import { TransactionalAccept } from '../accept/transactional-accept';
import { WorkHints } from '../dispatch/work-hints';
import { OperationEventRegistry } from '../events/operation-event-registry';
import { IllegalTransitionError, OperationNotFoundError, PayloadExpiredError } from '../ledger.errors';
import type { OperationView, Resolution, Retried } from '../operation';
import { type WholeRow, replayOf } from '../replay/whole-row';
import { CLOSE, LOCK, MAKE_DUE, RESEND } from '../sql/act';
import { LET_KEY_GO } from '../sql/order';
import { LOCK_REPLAYS, REPEAT_OF } from '../sql/replay';
import { UNBLOCK, type Unblocked, unblockedRefs } from '../sql/settle';
import { OperationViews, type ViewRow } from './operation-views';

/** What people do to operations. Each works on the locked row and in the caller's transaction, beside the audit entry. */
@Injectable()
export class OperationActions {
  constructor(
    private readonly accept: TransactionalAccept,
    private readonly views: OperationViews,
    private readonly events: OperationEventRegistry,
    private readonly hints: WorkHints,
    private readonly repeats: RepeatRegistry,
  ) {}

  /** In turns with the tenant's other repeats: of two that want to repeat one operation, the second sees the first's. */
  async retry(tx: TenantTransaction, id: string): Promise<Retried> {
    await tx.query(LOCK_REPLAYS);
    const row = await locked(tx, id);
    switch (row.state) {
      case 'queued':
      case 'unknown':
        await tx.query(MAKE_DUE, [id]);
        tx.afterCommit(() => this.hints.due([{ id, tenantId: row.tenant_id }]));
        return { kind: 'due', operationId: id };
      case 'rejected':
      case 'exhausted':
      case 'cancelled':
      case 'dropped':
        return { kind: 'replayed', operationId: await this.replayed(tx, row) };
      case 'running':
        throw new IllegalTransitionError(id, row.state, 'it runs at this moment. Wait for what comes of it.');
      case 'succeeded':
        throw new IllegalTransitionError(
          id,
          row.state,
          'doing it again would do it twice. Accept a new operation for that.',
        );
      case 'needs_review':
        throw new IllegalTransitionError(
          id,
          row.state,
          'it may have happened. Find out at the provider and resolve it.',
        );
    }
  }

  /** Whoever does it again has seen how it ended: nobody of its key waits for it any more. */
  private async replayed(tx: TenantTransaction, row: WholeRow): Promise<string> {
    const operationId = await this.replay(tx, row);
    await this.repeats.tell(tx, [{ of: row.id, operationId, provider: row.provider }]);
    if (row.order_key === null) return operationId;
    await tx.query(LET_KEY_GO, [row.id]);
    await tx.query(UNBLOCK, [JSON.stringify([{ tenant_id: row.tenant_id, order_key: row.order_key }])]);
    return operationId;
  }

  async cancel(tx: TenantTransaction, id: string): Promise<OperationView> {
    const row = await locked(tx, id);
    if (row.state !== 'queued') throw new IllegalTransitionError(id, row.state, 'only what waits can be cancelled.');
    if (row.maybe_sent) throw new IllegalTransitionError(id, row.state, 'an earlier try may have had its effect.');
    return this.close(tx, row, 'cancelled', false);
  }

  async resolve(tx: TenantTransaction, id: string, resolution: Resolution): Promise<OperationView> {
    const row = await locked(tx, id);
    if (row.state !== 'needs_review') throw new IllegalTransitionError(id, row.state, 'it does not wait for a review.');
    const { outcome, then } = resolution as { readonly outcome: string; readonly then: string };
    if (outcome === 'applied' && then !== 'close') {
      throw new IllegalTransitionError(id, row.state, 'what was applied is done. Sending it again would do it twice.');
    }
    if (outcome === 'applied') return this.close(tx, row, 'succeeded', true);
    if (then === 'close') return this.close(tx, row, 'cancelled', false);
    const [resent] = await tx.query<ViewRow>(RESEND, [id]);
    return this.views.of(resent ?? row);
  }

  private async close(
    tx: TenantTransaction,
    row: WholeRow,
    state: 'succeeded' | 'cancelled',
    maybeSent: boolean,
  ): Promise<OperationView> {
    const [closed] = await tx.query<ViewRow>(CLOSE, [row.id, state, maybeSent, this.events.consumers]);
    const keys = [{ tenant_id: row.tenant_id, order_key: row.order_key }];
    const freed = row.order_key === null ? [] : await tx.query<Unblocked>(UNBLOCK, [JSON.stringify(keys)]);
    tx.afterCommit(() => this.hints.due(unblockedRefs(freed)));
    return this.views.of(closed ?? row);
  }

  /** A new operation, linked to the finished one: what is final stays as it is, for whoever reads the history. */
  private async replay(tx: TenantTransaction, row: WholeRow): Promise<string> {
    const [repeat] = await tx.query<{ id: string }>(REPEAT_OF, [row.id]);
    if (repeat) {
      throw new IllegalTransitionError(
        row.id,
        row.state,
        `operation ${repeat.id} does it again already. Retry that one.`,
      );
    }
    if (row.payload_expired_at) throw new PayloadExpiredError(row.id, row.payload_expired_at);
    const input = await this.views.open(row, 'input', row.input);
    return (await this.accept.accept(tx, replayOf(row, input, row.priority))).operationId;
  }
}

async function locked(tx: TenantTransaction, id: string): Promise<WholeRow> {
  const [row] = await tx.query<WholeRow>(LOCK, [id]);
  if (!row) throw new OperationNotFoundError(id);
  return row;
}
