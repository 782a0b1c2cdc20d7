import type { CancelSignal } from './cancellation';
import type { Effect, Failure, Outcome } from './outcome';

/** What a try is for: the call itself, the question afterwards, or a test of credentials. */
export type CallMode = 'call' | 'reconcile' | 'probe';

/** One try as the ledger's `attempts` keep it. Times are wall clock; `durationMs` is monotonic. */
export interface TryRecord {
  readonly startedAt: Date;
  readonly durationMs: number;
  /** `ok` or the kind of failure; for a reconcile `applied`, `absent` or `pending`. */
  readonly outcome: string;
  readonly failure?: Failure | undefined;
}

/** The head of a provider's answer, whatever its status: what rate limits are read from. */
export interface AnswerHead {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/**
 * One call on its way through the chain (DESIGN §4). Immutable except for `tries`, to which the innermost shared
 * interceptor appends. An interceptor that changes something passes on a copy.
 */
export interface ProviderCall {
  readonly tenantId: string;
  readonly provider: string;
  readonly operation: string;
  /** Which of the tenant's accounts with this provider; `default` unless it has several. */
  readonly integration: string;
  readonly laneKey: string;
  readonly effect: Effect;
  readonly policy: string;
  readonly mode: CallMode;
  readonly input: unknown;
  /** The ledger row behind the call; reads and probes have none. */
  readonly operationId?: string | undefined;
  /** Stable over every try of an operation: what an idempotent provider deduplicates by. */
  readonly dedupeKey: string;
  /** How often this `once` call has been repeated although an earlier try may have happened. */
  readonly repeat: number;
  /** Number of this try, 1 for the first. */
  readonly attempt: number;
  /** Whether waiting between tries may happen here, in the process: synchronous calls only. */
  readonly waitsInProcess: boolean;
  /** Of a background call: its claim took the one probe of a lane whose circuit is half open. */
  readonly laneProbe?: boolean | undefined;
  /** Of a background call: when its claim was answered, in monotonic milliseconds. What was committed before counts for it. */
  readonly claimedAtMs?: number | undefined;
  /** Monotonic milliseconds ({@link Clock.monotonicMs}) after which nobody waits for the answer. */
  readonly deadlineMs?: number | undefined;
  /** Follow it with a {@link Cancellation}; what a provider's code gets is a real `AbortSignal`. */
  readonly signal: CancelSignal;
  readonly traceId?: string | undefined;
  readonly tries: TryRecord[];
  /** Hears the head of each answer of the provider, before the outcome is known. Set by the link that wants to know. */
  readonly onAnswer?: ((head: AnswerHead) => void) | undefined;
}

/** What links of the chain change of a call. */
export type CallChanges = Partial<Pick<ProviderCall, 'signal' | 'onAnswer' | 'attempt' | 'traceId'>>;

/**
 * The call with something of it changed. Member by member and all of them: where a spread adds a member, V8 makes a hidden
 * class for each single object (2 µs and kilobytes a time), and whatever reads the object afterwards has never seen its like.
 */
export function changedCall(call: ProviderCall, changes: CallChanges): ProviderCall {
  return {
    tenantId: call.tenantId,
    provider: call.provider,
    operation: call.operation,
    integration: call.integration,
    laneKey: call.laneKey,
    effect: call.effect,
    policy: call.policy,
    mode: call.mode,
    input: call.input,
    operationId: call.operationId,
    dedupeKey: call.dedupeKey,
    repeat: call.repeat,
    attempt: changes.attempt ?? call.attempt,
    waitsInProcess: call.waitsInProcess,
    laneProbe: call.laneProbe,
    claimedAtMs: call.claimedAtMs,
    deadlineMs: call.deadlineMs,
    signal: changes.signal ?? call.signal,
    traceId: changes.traceId ?? call.traceId,
    tries: call.tries,
    onAnswer: changes.onAnswer ?? call.onAnswer,
  } satisfies Record<keyof ProviderCall, unknown>;
}

export type NextCall = (call: ProviderCall) => Promise<Outcome>;

/**
 * A link of the chain every provider call passes, the shape of Nest's own interceptors. It answers with an outcome and
 * does not throw: an exception out of `next` is a bug below and becomes `unknown` at the gateway.
 */
export interface CallInterceptor {
  intercept(call: ProviderCall, next: NextCall): Promise<Outcome>;
}

/** Folds interceptors around the innermost call, first one outermost. */
export function chain(interceptors: readonly CallInterceptor[], innermost: NextCall): NextCall {
  return interceptors.reduceRight<NextCall>((next, link) => (call) => link.intercept(call, next), innermost);
}
