import type { Failure, JsonValue, OnUnknown } from '@puente/kernel';
import type { HeadOfLine, IdempotencyClaim, OperationView } from '@puente/ledger';

/** What a synchronous caller gets. `operationId` is there whenever the ledger has a row. */
export type CallResult<T = unknown> =
  | { readonly kind: 'done'; readonly output: T; readonly operationId?: string }
  /** The provider said no, or said that the credentials are not good: nothing happened, and nothing will. */
  | { readonly kind: 'rejected' | 'unauthorized'; readonly failure: Failure; readonly operationId?: string }
  /** The tries are used up, and none of them had an effect. */
  | { readonly kind: 'failed'; readonly failure: Failure; readonly operationId?: string }
  /** Not known yet: it goes on in the ledger. */
  | { readonly kind: 'pending'; readonly operationId: string };

export interface CallOptions {
  readonly tenantId: string;
  readonly integration?: string | undefined;
  readonly idempotency?: IdempotencyClaim | undefined;
  /** How long the caller waits from now on; 0 is the same as `respondAsync`. */
  readonly deadlineMs?: number | undefined;
  /** Accept and answer `pending` without calling. Without effect on reads: they leave no row. */
  readonly respondAsync?: boolean | undefined;
  readonly priority?: number | undefined;
  /** Not before; in the future it is a schedule, and nobody waits. Not for reads. */
  readonly notBefore?: Date | undefined;
  /** Not begun after that. */
  readonly deadlineAt?: Date | undefined;
  readonly onUnknown?: OnUnknown | undefined;
  readonly traceId?: string | undefined;
  /** A UUID v7 for the operation; made when left out. For flows that write it down first. Without effect on reads. */
  readonly id?: string | undefined;
  /** Flow step that is called once the operation is settled: see SettlementRegistry. Without effect on reads. */
  readonly subscriber?: string | undefined;
  /** The caller went away. Aborts a read; a write goes on, and nobody waits for it. */
  readonly signal?: AbortSignal | undefined;
}

export interface PrepareOptions {
  readonly tenantId: string;
  /** A UUID v7; made when left out. */
  readonly id?: string | undefined;
  readonly integration?: string | undefined;
  readonly orderKey?: string | undefined;
  /** Instead of what the operation declares. */
  readonly headOfLine?: HeadOfLine | undefined;
  readonly onUnknown?: OnUnknown | undefined;
  readonly priority?: number | undefined;
  readonly idempotency?: IdempotencyClaim | undefined;
  readonly subscriber?: string | undefined;
  readonly notBefore?: Date | undefined;
  readonly deadlineAt?: Date | undefined;
  readonly replayOf?: string | undefined;
  readonly traceId?: string | undefined;
}

/** What an operation that is already in the ledger answers: the stored answer, or that it still lives. */
export function resultOfView(view: OperationView): CallResult<JsonValue | null> {
  const { id: operationId } = view;
  switch (view.state) {
    case 'succeeded':
      return { kind: 'done', output: view.output, operationId };
    case 'rejected': {
      const kind = view.failure === 'unauthorized' ? 'unauthorized' : 'rejected';
      return { kind, failure: { kind, ...evidenceOf(view) }, operationId };
    }
    case 'exhausted':
      return { kind: 'failed', failure: lastFailure(view), operationId };
    case 'queued':
    case 'running':
    case 'unknown':
    case 'needs_review':
    case 'cancelled':
    case 'dropped':
      return { kind: 'pending', operationId };
  }
}

/** `exhausted` claims that nothing happened, so its last failure is shown as one that proves it. */
function lastFailure(view: OperationView): Failure {
  if (view.failure === 'throttled') return { kind: 'throttled', ...evidenceOf(view) };
  return { kind: 'not_sent', cause: view.failure === 'deadline' ? 'deadline' : 'refused', ...evidenceOf(view) };
}

function evidenceOf({ providerCode, providerStatus, failureMessage }: OperationView) {
  return {
    ...(providerCode === null ? {} : { code: providerCode }),
    ...(providerStatus === null ? {} : { status: providerStatus }),
    ...(failureMessage === null ? {} : { message: failureMessage }),
  };
}
