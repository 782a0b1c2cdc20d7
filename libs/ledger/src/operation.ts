import type { CallMode, Effect, JsonValue, OnUnknown } from '@puente/kernel';

export const OPERATION_STATES = [
  'queued',
  'running',
  'unknown',
  'succeeded',
  'rejected',
  'exhausted',
  'needs_review',
  'cancelled',
  'dropped',
] as const;
export type OperationState = (typeof OPERATION_STATES)[number];

/** What a caller wants done. Effect, windows and policy were computed from the input once, by the gateway, at accept. */
export interface NewOperation {
  readonly id: string;
  readonly tenantId: string;
  readonly provider: string;
  readonly operation: string;
  readonly integration: string;
  readonly laneKey: string;
  /** FIFO per key: one in flight at a time, in the order of acceptance. */
  readonly orderKey?: string | undefined;
  readonly effect: Exclude<Effect, 'read'>;
  readonly onUnknown: OnUnknown;
  readonly policy: string;
  /** Lower first: 50 interactive, 100 normal, 200 bulk. */
  readonly priority: number;
  readonly input: JsonValue;
  /** How long the provider may still act after we gave up; waited before a reconcile. */
  readonly settleMs: number;
  /** How long an idempotent provider remembers our key; undefined: for ever. */
  readonly keyWindowMs?: number | undefined;
  readonly deadlineAt?: Date | undefined;
  /** Not before; for schedules. Default: now. */
  readonly notBefore?: Date | undefined;
  readonly idempotency?: IdempotencyClaim | undefined;
  /** Flow step that is called once the operation is settled: see SettlementRegistry. */
  readonly subscriber?: string | undefined;
  readonly replayOf?: string | undefined;
  readonly traceId?: string | undefined;
}

/** The caller's idempotency key. `{flow}:{domainId}` routes and step keys are used inside. */
export interface IdempotencyClaim {
  readonly route: string;
  readonly key: string;
  /** What is compared when the key comes again: the request as the caller sent it, parsed. */
  readonly request: JsonValue;
  /** What the route answers with when it is not the operation itself: a notification's id. */
  readonly subjectId?: string | undefined;
}

/** Result of an accept. `replayed`: the key was used before with the same request; nothing was written. */
export interface Accepted {
  readonly kind: 'accepted' | 'replayed';
  readonly operationId: string;
  readonly subjectId: string;
}

/** An operation a worker holds a lease on, as it was when claimed, with its input decrypted. */
export interface ClaimedOperation {
  readonly id: string;
  readonly tenantId: string;
  readonly provider: string;
  readonly operation: string;
  readonly integration: string;
  readonly laneKey: string;
  readonly effect: Exclude<Effect, 'read'>;
  readonly onUnknown: OnUnknown;
  readonly policy: string;
  readonly mode: Exclude<CallMode, 'probe'>;
  readonly input: JsonValue;
  readonly attempt: number;
  readonly crashes: number;
  readonly repeats: number;
  readonly maybeSent: boolean;
  readonly firstSentAt: Date | null;
  readonly settleMs: number;
  readonly keyWindowMs: number | null;
  readonly deadlineAt: Date | null;
  readonly fence: string;
  readonly traceId: string | null;
}

/** An operation as clients and flows see it; `output` is decrypted. */
export interface OperationView {
  readonly id: string;
  readonly tenantId: string;
  readonly provider: string;
  readonly operation: string;
  readonly integration: string;
  readonly laneKey: string;
  readonly orderKey: string | null;
  readonly effect: Exclude<Effect, 'read'>;
  readonly onUnknown: OnUnknown;
  readonly state: OperationState;
  readonly attempt: number;
  readonly repeats: number;
  readonly maybeSent: boolean;
  readonly output: JsonValue | null;
  readonly failure: string | null;
  readonly providerCode: string | null;
  readonly providerStatus: number | null;
  readonly failureMessage: string | null;
  readonly replayOf: string | null;
  readonly routeKey: string | null;
  readonly nextAttemptAt: Date;
  readonly deadlineAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly settledAt: Date | null;
}
