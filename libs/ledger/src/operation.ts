import type { CancelSignal, CallMode, Effect, JsonObject, JsonValue, OnUnknown } from '@puente/kernel';

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

/** Lower goes first, within a tenant and within a lane. */
export const PRIORITIES = { interactive: 50, normal: 100, bulk: 200 } as const;
export type PriorityName = keyof typeof PRIORITIES;
/**
 * What later operations of the same order key do. While the one before them is queued, runs, waits for a retry or is
 * unknown, they wait, whatever its policy: one is in flight at a time, in order. It is about a bad end of that one:
 *
 * - `skip`: once its ladder is used up (exhausted, dropped, or a person has to look) the next one goes on.
 * - `wait`: what a person has to look at holds them until it is resolved; what is exhausted or dropped does not.
 * - `park`: all of these hold them. A review is ended by `resolve`; an exhausted or dropped one by `retry`, which makes it
 *   anew behind the others, since these were accepted before.
 */
export const HEADS_OF_LINE = ['skip', 'wait', 'park'] as const;
export type HeadOfLine = (typeof HEADS_OF_LINE)[number];

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
  /** Default: `skip`. */
  readonly headOfLine?: HeadOfLine | undefined;
  readonly effect: Exclude<Effect, 'read'>;
  readonly onUnknown: OnUnknown;
  readonly policy: string;
  /** See {@link PRIORITIES}. */
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
  /** The one call by which a lane finds out whether its provider works again. */
  readonly laneProbe: boolean;
  /** When the claim was answered, in monotonic milliseconds of this process; undefined of what was never claimed. */
  readonly claimedAtMs?: number | undefined;
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
  /** When retention took its input and output; the rest of the row stays. */
  readonly payloadExpiredAt: Date | null;
  readonly routeKey: string | null;
  readonly nextAttemptAt: Date;
  readonly deadlineAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly settledAt: Date | null;
}

/**
 * Result of a synchronous begin. `started`: the row is running under our lease and marked as sent; make the call now,
 * stop when `signal` aborts (the lease was lost), and settle whatever came of it. `replayed`: the key was used before.
 */
export type Begun =
  | { readonly kind: 'started'; readonly operation: LeasedOperation; readonly signal: CancelSignal }
  | { readonly kind: 'replayed'; readonly operationId: string; readonly subjectId: string };

/** What the ledger itself needs to know of a claimed operation beyond what an executor does. */
export interface LeasedOperation extends ClaimedOperation {
  readonly asks: number;
  /** When it was claimed something was held against its lane: an answer of the provider would take it back. */
  readonly laneNoted: boolean;
  /** Its lane takes only so many at a time: when it ends, another one may go. */
  readonly laneNarrow: boolean;
  readonly orderKey: string | null;
  readonly subscriber: string | null;
  readonly leaseOwner: string;
  readonly createdAt: Date;
  /** The database's clock when the lease was taken. */
  readonly leasedAt: Date;
}

/** What a settle did. Not applied: the lease was lost in between, and the ledger kept what it had. */
export interface Settled {
  readonly applied: boolean;
  /** What the try decided; the row's state only if `applied`. */
  readonly state: OperationState;
}

/** Rows of a flow's own that are inserted with grouped accepts, in the same transaction, for fresh operations only. */
export interface GroupedInsert {
  /** Requests with the same name share one statement. */
  readonly name: string;
  /** As role `puente_dispatch`, over all requests of the group; `$1` is a jsonb array of their rows. */
  readonly sql: string;
  readonly row: JsonObject;
}

export interface OperationFilter {
  readonly provider?: string | undefined;
  readonly integration?: string | undefined;
  readonly operation?: string | undefined;
  readonly states?: readonly OperationState[] | undefined;
  /** `{route}:{key}`, as accepted. */
  readonly routeKey?: string | undefined;
  readonly createdFrom?: Date | undefined;
  readonly createdBefore?: Date | undefined;
  /** Only settled ones, from then on, in the order of their settlement: for whoever follows what becomes of them. */
  readonly settledFrom?: Date | undefined;
}

export interface OperationPage {
  /** Newest first, or in the order of their settlement. */
  readonly items: readonly OperationView[];
  /** Cursor of the next page; null after the last one. */
  readonly next: string | null;
}

/** One try, as the ledger keeps it. */
export interface AttemptView {
  readonly number: number;
  readonly mode: 'call' | 'reconcile';
  readonly startedAt: Date;
  readonly endedAt: Date;
  readonly durationMs: number;
  readonly outcome: string;
  readonly providerCode: string | null;
  readonly providerStatus: number | null;
  readonly excerpt: string | null;
  /** Made although an earlier try may have happened. */
  readonly repeat: boolean;
  /** false: the lease was lost, so this try changed nothing in the ledger. */
  readonly applied: boolean;
}

/** What a person found out about an operation in `needs_review`, and what shall follow. `applied` can only be closed. */
export type Resolution =
  | { readonly outcome: 'applied'; readonly then: 'close' }
  | { readonly outcome: 'absent'; readonly then: 'close' | 'resend' };

/** What a retry did: the same operation is due now, or a new one, linked to the finished one, was made. */
export interface Retried {
  readonly kind: 'due' | 'replayed';
  readonly operationId: string;
}
