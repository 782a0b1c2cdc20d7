import { Injectable } from '@nestjs/common';
import { type Effect, uuidv7 } from '@puente/kernel';
import { type NewOperation, OperationLedger, PRIORITIES } from '@puente/ledger';
import { currentTrace } from '@puente/observability';
import { ReadLeavesNoRowError } from '../integration.errors';
import { ProviderCatalogue } from '../provider-catalogue';
import { type CallPlan, planCall } from './call-plan';
import type { CallOptions, CallResult, PrepareOptions } from './call-result';
import { CredentialCheck } from './credential-check';
import { Reads } from './reads';
import { SynchronousWrites } from './synchronous-writes';

/** How long a caller waits who did not say: long enough for most calls, shorter than the usual patience of a client. */
export const DEFAULT_WAIT_MS = 30_000;

/**
 * The one door to the outside: input, credentials, ledger, call pipeline, in that order.
 *
 * The ledger comes before the call, so that a call whose process dies leaves a row behind. Reads leave none: they have
 * no effect that could be lost. Repeating an idempotency key gives the first answer back without calling.
 *
 * Providers offer this typed, as their facades (`Sns`, `Sqs` …); use it directly only where the provider is data.
 */
@Injectable()
export class IntegrationGateway {
  constructor(
    private readonly catalogue: ProviderCatalogue,
    private readonly credentials: CredentialCheck,
    private readonly ledger: OperationLedger,
    private readonly reads: Reads,
    private readonly writes: SynchronousWrites,
  ) {}

  /**
   * Calls now, and answers with what came of it.
   *
   * @throws {ProviderNotFoundError} {@link ProviderOperationNotFoundError}
   * @throws {InvalidInputError} nothing was written
   * @throws {ReadLeavesNoRowError} a read is called now, or not at all
   * @throws {CredentialsUnavailableError} there is nothing to call with; the code says why
   * @throws {IdempotencyKeyReusedError} {@link IdempotencyInProgressError}
   */
  async call(provider: string, operation: string, input: unknown, options: CallOptions): Promise<CallResult> {
    const plan = planCall(this.catalogue, provider, operation, input, options.integration);
    const waitMs = options.deadlineMs ?? DEFAULT_WAIT_MS;
    if (plan.effect === 'read') {
      if (options.notBefore) throw new ReadLeavesNoRowError(provider, operation);
      return this.reads.call(plan, options, waitMs > 0 ? waitMs : DEFAULT_WAIT_MS);
    }
    const { tenantId, id, subscriber, idempotency, onUnknown, traceId, notBefore, deadlineAt } = options;
    const later = options.respondAsync === true || waitMs <= 0 || (notBefore?.getTime() ?? 0) > Date.now();
    const priority = options.priority ?? (later ? PRIORITIES.normal : PRIORITIES.interactive);
    const asked = { tenantId, id, subscriber, idempotency, onUnknown, traceId, notBefore, deadlineAt, priority };
    const accepted = operationOf(plan, plan.effect, asked);
    if (later) return this.accept(accepted);
    await this.credentials.demand(tenantId, plan);
    return this.writes.call(plan, accepted, options, waitMs);
  }

  /**
   * A checked operation that is ready to be accepted: give it to {@link OperationLedger.accept} inside a flow's
   * transaction, or to `acceptGrouped`. Nothing is written here.
   *
   * @throws {ProviderNotFoundError} {@link ProviderOperationNotFoundError} {@link InvalidInputError}
   * @throws {ReadLeavesNoRowError} a read is called, not recorded
   */
  prepare(provider: string, operation: string, input: unknown, options: PrepareOptions): NewOperation {
    const plan = planCall(this.catalogue, provider, operation, input, options.integration);
    if (plan.effect === 'read') throw new ReadLeavesNoRowError(provider, operation);
    return operationOf(plan, plan.effect, options);
  }

  private async accept(operation: NewOperation): Promise<CallResult> {
    const { kind, operationId } = await this.ledger.acceptGrouped(operation);
    return kind === 'replayed'
      ? this.writes.replayed(operation.tenantId, operationId)
      : { kind: 'pending', operationId };
  }
}

function operationOf(plan: CallPlan, effect: Exclude<Effect, 'read'>, options: PrepareOptions): NewOperation {
  return {
    id: options.id ?? uuidv7(),
    tenantId: options.tenantId,
    provider: plan.provider,
    operation: plan.operation,
    integration: plan.integration,
    laneKey: plan.laneKey,
    orderKey: options.orderKey,
    headOfLine: options.headOfLine ?? plan.headOfLine,
    effect,
    onUnknown: options.onUnknown ?? plan.onUnknown,
    policy: plan.policy,
    priority: options.priority ?? PRIORITIES.normal,
    input: plan.input,
    settleMs: plan.settleMs,
    keyWindowMs: plan.keyWindowMs,
    deadlineAt: options.deadlineAt,
    notBefore: options.notBefore,
    idempotency: options.idempotency,
    subscriber: options.subscriber,
    replayOf: options.replayOf,
    traceId: options.traceId ?? currentTrace()?.traceId,
  };
}
