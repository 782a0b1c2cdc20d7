import type { NewOperation } from '../operation';
import type { PayloadCipher } from '../ports/payload-cipher.port';
import type { AcceptRow } from '../sql/accept';

export interface Lease {
  readonly ms: number;
  readonly owner: string;
}

/** What the accepting statement reads, with the input sealed for this row and the request reduced to a hash. */
export async function acceptRow(cipher: PayloadCipher, operation: NewOperation, lease?: Lease): Promise<AcceptRow> {
  const { id, tenantId, idempotency } = operation;
  const place = { tenantId, table: 'operations', rowId: id, column: 'input' };
  const [input, hash] = await Promise.all([
    cipher.seal(place, operation.input),
    cipher.requestHash(tenantId, idempotency ? idempotency.request : operation.input),
  ]);
  return {
    id,
    tenant_id: tenantId,
    provider: operation.provider,
    operation: operation.operation,
    integration: operation.integration,
    lane_key: operation.laneKey,
    order_key: operation.orderKey,
    head_of_line: operation.headOfLine ?? 'skip',
    effect: operation.effect,
    on_unknown: operation.onUnknown,
    policy: operation.policy,
    priority: operation.priority,
    request_hash: hash.toString('hex'),
    input,
    settle_ms: operation.settleMs,
    key_window_ms: operation.keyWindowMs,
    deadline_at: operation.deadlineAt?.toISOString(),
    not_before: operation.notBefore?.toISOString(),
    subscriber: operation.subscriber,
    replay_of: operation.replayOf,
    trace_id: operation.traceId,
    route: idempotency?.route,
    key: idempotency?.key,
    subject_id: idempotency?.subjectId ?? id,
    replaces: undefined,
    lease_ms: lease?.ms,
    lease_owner: lease?.owner,
  };
}

/** Not due when it is accepted. */
export function isLater({ notBefore }: NewOperation): boolean {
  return notBefore !== undefined && notBefore.getTime() > Date.now();
}
