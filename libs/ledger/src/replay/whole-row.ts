import { type JsonObject, type JsonValue, uuidv7 } from '@puente/kernel';
import type { NewOperation } from '../operation';
import type { ViewRow } from '../reading/operation-views';

/** A row as `WHOLE` selects it, its input still sealed. */
export interface WholeRow extends ViewRow {
  readonly policy: string;
  readonly priority: number;
  readonly input: JsonObject;
  readonly settle_ms: number;
  readonly key_window_ms: number | null;
  readonly subscriber: string | null;
  readonly trace_id: string | null;
}

/** The same once more, as a new operation that is linked to the old one. */
export function replayOf(row: WholeRow, input: JsonValue, priority: number): NewOperation {
  return {
    id: uuidv7(),
    tenantId: row.tenant_id,
    provider: row.provider,
    operation: row.operation,
    integration: row.integration,
    laneKey: row.lane_key,
    orderKey: row.order_key ?? undefined,
    effect: row.effect,
    onUnknown: row.on_unknown,
    policy: row.policy,
    priority,
    input,
    settleMs: row.settle_ms,
    keyWindowMs: row.key_window_ms ?? undefined,
    subscriber: row.subscriber ?? undefined,
    replayOf: row.id,
    traceId: row.trace_id ?? undefined,
  };
}
