import { type Evidence, type Failure, type JsonObject, type TryRecord, mayHaveBeenSent } from '@puente/kernel';
import { MAX_ANSWER_EXCERPT } from '@puente/observability';
import type { LeasedOperation } from '../operation';
import type { Execution } from '../ports/operation-executor.port';
import type { SettleRow, SettleTry } from '../sql/settle';
import { type RunEvent, failureName } from '../run-event';
import type { Decision } from '../state-machine';

/** Longest text of a provider that an operation keeps; the column's own bound. */
const MAX_MESSAGE = 500;

/** Everything that is known when a claimed operation leaves our hands. */
export interface Settlement {
  readonly operation: LeasedOperation;
  readonly event: RunEvent;
  readonly tries: readonly TryRecord[];
}

/** A decided settlement, ready to be written. */
export interface Written {
  readonly operation: LeasedOperation;
  readonly event: RunEvent;
  /** Somebody waited for it; what it says about its lane was reported by the chain. */
  readonly synchronous: boolean;
  readonly decision: Decision;
  readonly row: SettleRow;
  readonly tries: readonly SettleTry[];
  /** Since it was accepted. */
  readonly tookMs: number;
}

export function eventOf({ result }: Execution): RunEvent {
  switch (result.kind) {
    case 'called':
      return { kind: 'called', outcome: result.outcome };
    case 'asked':
      return { kind: 'asked', answer: result.answer };
    case 'ask_failed':
      return { kind: 'ask_failed', outcome: result.outcome };
    case 'deferred':
      return { kind: 'deferred', failure: result.failure };
    case 'withheld':
      return { kind: 'withheld', failure: result.failure };
  }
}

/**
 * In-process tries before the last one count like any other: towards the ladder, and as calls that may have happened.
 * The outcome is only what the last one said.
 */
export function withExtraTries(operation: LeasedOperation, tries: readonly TryRecord[]): LeasedOperation {
  if (operation.mode !== 'call' || tries.length < 2) return operation;
  const earlier = tries.slice(0, -1);
  const maybeSent = earlier.some(({ failure }) => failure !== undefined && mayHaveBeenSent(failure));
  return { ...operation, attempt: operation.attempt + earlier.length, maybeSent: operation.maybeSent || maybeSent };
}

export function outputOf(event: RunEvent): { readonly value: unknown } | undefined {
  if (event.kind === 'called' && event.outcome.kind === 'ok') return { value: event.outcome.output };
  if (event.kind === 'asked' && event.answer.kind === 'applied') return { value: event.answer.output };
  return undefined;
}

/** The present on two clocks. A difference on ours, taken from the database's, is right however wrong ours is. */
export interface Now {
  readonly database: Date;
  readonly own: Date;
}

export function settleRow(settlement: Settlement, decision: Decision, output: JsonObject | undefined): SettleRow {
  const { operation, event, tries } = settlement;
  const { attempt } = withExtraTries(operation, tries);
  const row = {
    id: operation.id,
    fence: operation.fence,
    state: decision.state,
    delay_ms: decision.delayMs,
    maybe_sent: decision.maybeSent,
    attempt: decision.burnAttempt ? attempt : attempt - 1,
    repeats: decision.repeats,
    crashes: decision.crashes,
    asks: decision.asks,
    forget_sent: decision.forgetSent,
    failure: decision.failure ?? undefined,
    output,
  };
  const evidence: Evidence | undefined = failureOf(event);
  if (!evidence) return row;
  const { code, status, message } = evidence;
  return {
    ...row,
    provider_code: clean(code, 200),
    provider_status: status,
    failure_message: clean(message, MAX_MESSAGE),
  };
}

/** The rows that this leaves in the operation's history, whether it applies or not. */
export function settleTries({ operation, event, tries }: Settlement, now: Now, synchronous = false): SettleTry[] {
  if (leavesNoTry(event, synchronous)) return [];
  const { id, fence, mode, leaseOwner: owner } = operation;
  const is_repeat = mode === 'call' && operation.maybeSent && operation.repeats > 0;
  if (tries.length === 0) return [{ id, fence, mode, owner, is_repeat, ...bareTry(operation.attempt, event, now) }];
  return tries.map(({ startedAt, durationMs, outcome, failure }, at) => {
    const beganMs = now.database.getTime() - Math.max(durationMs, now.own.getTime() - startedAt.getTime());
    // Without a spread: each would be an object that V8 has never seen.
    return {
      id,
      fence,
      mode,
      owner,
      is_repeat,
      number: operation.attempt + at,
      started_at: new Date(beganMs).toISOString(),
      ended_at: new Date(beganMs + Math.max(0, durationMs)).toISOString(),
      duration_ms: Math.max(0, Math.round(durationMs)),
      outcome,
      code: clean(failure?.code, 200),
      status: failure?.status,
      excerpt: clean(failure?.message, MAX_ANSWER_EXCERPT),
    };
  });
}

/**
 * Nothing was called, and it waits for a time when it can be: its history is of calls. Who waits for an answer gets one,
 * and the history says which.
 */
function leavesNoTry(event: RunEvent, synchronous: boolean): boolean {
  if (event.kind === 'released' || event.kind === 'withheld' || event.kind === 'deferred') return true;
  const outcome = event.kind === 'called' || event.kind === 'ask_failed' ? event.outcome : undefined;
  return !synchronous && outcome?.kind === 'unauthorized' && outcome.uncalled === true;
}

/** No try was reported: the executor threw, or the operation ended without a call. Its history says so all the same. */
function bareTry(number: number, event: RunEvent, now: Now) {
  const failure = failureOf(event);
  const outcome = failure ? failureName(failure) : event.kind === 'called' ? 'ok' : eventName(event);
  const at = now.database.toISOString();
  const excerpt = clean(failure?.message, MAX_ANSWER_EXCERPT);
  return { number, started_at: at, ended_at: at, duration_ms: 0, outcome, excerpt };
}

function eventName(event: RunEvent): string {
  return event.kind === 'asked' ? event.answer.kind : event.kind;
}

function failureOf(event: RunEvent): Failure | undefined {
  if (event.kind === 'withheld' || event.kind === 'deferred') return event.failure;
  if (event.kind !== 'called' && event.kind !== 'ask_failed') return undefined;
  return event.outcome.kind === 'ok' ? undefined : event.outcome;
}

/** A provider's text in a column: PostgreSQL takes no NUL, and half a surrogate pair is not UTF-8. */
function clean(text: string | undefined, max: number): string | undefined {
  if (text === undefined) return undefined;
  return Buffer.from(text.slice(0, max).replaceAll('\0', '')).toString();
}
