import { Injectable } from '@nestjs/common';
import { type CancelSignal, Clock, type Outcome, type ProviderCall, type TryRecord, unknown } from '@puente/kernel';
import { type Begun, type LeasedOperation, type NewOperation, OperationLedger, type Settled } from '@puente/ledger';
import { CallChain } from '../chain/call-chain';
import type { CallPlan } from './call-plan';
import { type CallOptions, type CallResult, resultOfView } from './call-result';
import { executionOf } from './gateway-executor';

type Started = Extract<Begun, { kind: 'started' }>;

/**
 * Calls with an effect for which somebody waits: the row first, then the call, then the row again. Who waits may leave at
 * the deadline; the call goes on to its own end, so that its result is known. A stopping process lets it end: the ledger
 * drains what was begun.
 */
@Injectable()
export class SynchronousWrites {
  constructor(
    private readonly ledger: OperationLedger,
    private readonly chain: CallChain,
    private readonly clock: Clock,
  ) {}

  /** @throws {IdempotencyKeyReusedError} {@link IdempotencyInProgressError} */
  async call(plan: CallPlan, operation: NewOperation, options: CallOptions, waitMs: number): Promise<CallResult> {
    const deadlineMs = this.clock.monotonicMs() + waitMs;
    const begun = await this.ledger.begin(operation);
    if (begun.kind === 'replayed') return this.replayed(operation.tenantId, begun.operationId);
    const finishing = this.finish(plan, begun, deadlineMs);
    return this.whicheverFirst(finishing, begun.operation.id, deadlineMs, options.signal);
  }

  /** What an earlier request with the same idempotency key got, or gets. */
  async replayed(tenantId: string, operationId: string): Promise<CallResult> {
    return resultOfView(await this.ledger.get(tenantId, operationId));
  }

  private async finish(plan: CallPlan, { operation, signal }: Started, deadlineMs: number): Promise<CallResult> {
    const tries: TryRecord[] = [];
    const outcome = await this.chain
      .run(callOf(plan, operation, { signal, deadlineMs, tries }))
      .catch((): Outcome => unknown('internal'));
    const settled = await this.ledger.settle(operation, executionOf(operation, outcome, tries));
    return resultOf(outcome, settled, operation.id);
  }

  /** Without a signal of Node's own: each that aborts makes an exception with a stack. */
  private whicheverFirst(
    finishing: Promise<CallResult>,
    operationId: string,
    deadlineMs: number,
    gone: AbortSignal | undefined,
  ): Promise<CallResult> {
    return new Promise((resolve, reject) => {
      const unheard = (): void => {
        cancelTimer();
        gone?.removeEventListener('abort', leave);
      };
      const leave = (): void => {
        unheard();
        resolve({ kind: 'pending', operationId });
      };
      const cancelTimer = this.clock.after(Math.max(0, deadlineMs - this.clock.monotonicMs()), leave);
      gone?.addEventListener('abort', leave, { once: true });
      // Should it fail after the caller has left: the ledger has told why, and its sweeper takes over.
      finishing.finally(unheard).then(resolve, reject);
      if (gone?.aborted) leave();
    });
  }
}

function callOf(
  plan: CallPlan,
  operation: LeasedOperation,
  { signal, deadlineMs, tries }: { signal: CancelSignal; deadlineMs: number; tries: TryRecord[] },
): ProviderCall {
  return {
    tenantId: operation.tenantId,
    provider: plan.provider,
    operation: plan.operation,
    integration: plan.integration,
    laneKey: plan.laneKey,
    effect: plan.effect,
    policy: plan.policy,
    mode: 'call',
    input: plan.parsed,
    operationId: operation.id,
    dedupeKey: operation.id,
    repeat: operation.repeats,
    attempt: operation.attempt,
    waitsInProcess: true,
    deadlineMs,
    signal,
    traceId: operation.traceId ?? undefined,
    tries,
  };
}

/** The state decides, not the outcome alone: a refusal may still be a question to the ledger. */
function resultOf(outcome: Outcome, { applied, state }: Settled, operationId: string): CallResult {
  if (outcome.kind === 'ok') return { kind: 'done', output: outcome.output, operationId };
  if (!applied) return { kind: 'pending', operationId };
  if (state === 'exhausted') return { kind: 'failed', failure: outcome, operationId };
  const final = state === 'rejected' && (outcome.kind === 'rejected' || outcome.kind === 'unauthorized');
  return final ? { kind: outcome.kind, failure: outcome, operationId } : { kind: 'pending', operationId };
}
