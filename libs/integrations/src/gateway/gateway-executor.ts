import { Injectable } from '@nestjs/common';
import {
  type CancelSignal,
  AppError,
  isDeferred,
  notSent,
  type Outcome,
  type ProviderCall,
  type Reconciliation,
  type TryRecord,
  unknown,
} from '@puente/kernel';
import { type ClaimedOperation, type Execution, type ExecutionResult, OperationExecutor } from '@puente/ledger';
import { ABORT_GRACE_MS, policyNamed } from '@puente/resilience';
import { CallChain } from '../chain/call-chain';
import { isWithheld } from '../chain/credentials.interceptor';
import { InvalidInputError } from '../integration.errors';
import { ProviderCatalogue } from '../provider-catalogue';
import { parseInput } from './call-plan';

/** Runs for the dispatcher what the gateway has prepared: one try of the call, or one question about it. */
@Injectable()
export class GatewayExecutor extends OperationExecutor {
  constructor(
    private readonly catalogue: ProviderCatalogue,
    private readonly chain: CallChain,
  ) {
    super();
  }

  async execute(operation: ClaimedOperation, signal: CancelSignal): Promise<Execution> {
    const tries: TryRecord[] = [];
    const outcome = await this.run(operation, signal, tries).catch(() => unknown('internal'));
    return executionOf(operation, outcome, tries);
  }

  timeoutMs(operation: ClaimedOperation): number {
    return policyNamed(operation.policy).timeoutMs + ABORT_GRACE_MS;
  }

  private async run(operation: ClaimedOperation, signal: CancelSignal, tries: TryRecord[]): Promise<Outcome> {
    try {
      const spec = this.catalogue.operation(operation.provider, operation.operation);
      const input = parseInput(spec, operation.provider, operation.operation, operation.input);
      return await this.chain.run(callOf(operation, input, signal, tries));
    } catch (error) {
      return notCallable(error);
    }
  }
}

/**
 * Neither found nor parsed: accepted by another version of this program. Nothing was sent. A provider that is missing
 * may be back after the next deploy; an input that no longer fits will not fit later.
 */
function notCallable(error: unknown): Outcome {
  if (!(error instanceof AppError)) throw error;
  const { code, message } = error;
  if (error instanceof InvalidInputError) return { kind: 'rejected', code, message };
  return notSent('refused', { code, message });
}

/** No deadline and no waiting: both are the ledger's, by the database's clock. */
function callOf(op: ClaimedOperation, input: unknown, signal: CancelSignal, tries: TryRecord[]): ProviderCall {
  return {
    tenantId: op.tenantId,
    provider: op.provider,
    operation: op.operation,
    integration: op.integration,
    laneKey: op.laneKey,
    effect: op.effect,
    policy: op.policy,
    mode: op.mode,
    input,
    operationId: op.id,
    dedupeKey: op.id,
    repeat: op.repeats,
    attempt: op.attempt,
    waitsInProcess: false,
    laneProbe: op.laneProbe,
    claimedAtMs: op.claimedAtMs,
    signal,
    traceId: op.traceId ?? undefined,
    tries,
  };
}

/** What came of a run, as the ledger wants to hear it. */
export function executionOf(
  operation: Pick<ClaimedOperation, 'mode'>,
  outcome: Outcome,
  tries: readonly TryRecord[],
): Execution {
  // After a try it is the last word about that try's wait, and the try counts.
  if (isDeferred(outcome) && tries.length === 0) return { result: { kind: 'deferred', failure: outcome }, tries: [] };
  if (isWithheld(outcome)) return { result: { kind: 'withheld', failure: outcome }, tries: [] };
  return { result: resultOf(operation, outcome), tries };
}

function resultOf({ mode }: Pick<ClaimedOperation, 'mode'>, outcome: Outcome): ExecutionResult {
  if (mode === 'call') return { kind: 'called', outcome };
  if (outcome.kind === 'ok') return { kind: 'asked', answer: outcome.output as Reconciliation };
  return { kind: 'ask_failed', outcome };
}
