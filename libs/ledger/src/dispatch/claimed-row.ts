import type { JsonObject, JsonValue } from '@puente/kernel';
import type { LeasedOperation } from '../operation';

/** A claimed row as it comes from the database, its input still sealed. */
export interface ClaimedRow {
  readonly id: string;
  readonly tenant_id: string;
  readonly provider: string;
  readonly operation: string;
  readonly integration: string;
  readonly lane_key: string;
  readonly order_key: string | null;
  readonly effect: LeasedOperation['effect'];
  readonly on_unknown: LeasedOperation['onUnknown'];
  readonly policy: string;
  readonly priority: number;
  readonly mode: LeasedOperation['mode'];
  readonly input: JsonObject;
  readonly attempt: number;
  readonly crashes: number;
  readonly repeats: number;
  readonly asks: number;
  readonly maybe_sent: boolean;
  readonly first_sent_at: Date | null;
  readonly settle_ms: number;
  readonly key_window_ms: number | null;
  readonly deadline_at: Date | null;
  readonly fence: string;
  readonly trace_id: string | null;
  readonly subscriber: string | null;
  readonly lease_owner: string;
  readonly next_attempt_at: Date;
  readonly created_at: Date;
  readonly leased_at: Date;
  readonly lane_probe: boolean;
  readonly lane_noted: boolean;
  readonly lane_narrow: boolean;
}

/** A claim and the monotonic times before it was asked for, since its lease is at least that old, and after it was answered. */
export interface Claim {
  readonly row: ClaimedRow;
  readonly askedAtMs: number;
  readonly answeredAtMs?: number;
}

export function leasedOperation({ row, answeredAtMs }: Claim, input: JsonValue): LeasedOperation {
  return {
    id: row.id,
    tenantId: row.tenant_id,
    provider: row.provider,
    operation: row.operation,
    integration: row.integration,
    laneKey: row.lane_key,
    orderKey: row.order_key,
    effect: row.effect,
    onUnknown: row.on_unknown,
    policy: row.policy,
    mode: row.mode,
    input,
    attempt: row.attempt,
    crashes: row.crashes,
    repeats: row.repeats,
    asks: row.asks,
    maybeSent: row.maybe_sent,
    firstSentAt: row.first_sent_at,
    settleMs: row.settle_ms,
    keyWindowMs: row.key_window_ms,
    deadlineAt: row.deadline_at,
    fence: row.fence,
    traceId: row.trace_id,
    subscriber: row.subscriber,
    leaseOwner: row.lease_owner,
    createdAt: row.created_at,
    leasedAt: row.leased_at,
    laneProbe: row.lane_probe,
    laneNoted: row.lane_noted,
    laneNarrow: row.lane_narrow,
    claimedAtMs: answeredAtMs,
  };
}
