import { Injectable } from '@nestjs/common';
import { Clock, type Outcome, unknown, uuidv7 } from '@puente/kernel';
import { CallChain } from '../chain/call-chain';
import { lacksCredentials } from '../chain/credentials.interceptor';
import { CredentialsUnavailableError } from '../integration.errors';
import type { CallPlan } from './call-plan';
import type { CallOptions, CallResult } from './call-result';

/** Calls without an effect: no row, retries in process, everything ends at the caller's deadline. */
@Injectable()
export class Reads {
  constructor(
    private readonly chain: CallChain,
    private readonly clock: Clock,
  ) {}

  /** @throws {CredentialsUnavailableError} */
  async call(plan: CallPlan, options: CallOptions, waitMs: number): Promise<CallResult> {
    const id = uuidv7();
    const outcome = await this.chain
      .run({
        tenantId: options.tenantId,
        provider: plan.provider,
        operation: plan.operation,
        integration: plan.integration,
        laneKey: plan.laneKey,
        effect: 'read',
        policy: plan.policy,
        mode: 'call',
        input: plan.parsed,
        dedupeKey: id,
        repeat: 0,
        attempt: 1,
        waitsInProcess: true,
        deadlineMs: this.clock.monotonicMs() + waitMs,
        signal: options.signal ?? new AbortController().signal,
        traceId: options.traceId,
        tries: [],
      })
      .catch((): Outcome => unknown('internal'));
    return resultOf(outcome);
  }
}

function resultOf(outcome: Outcome): CallResult {
  if (outcome.kind === 'ok') return { kind: 'done', output: outcome.output };
  if (lacksCredentials(outcome)) throw new CredentialsUnavailableError(outcome);
  if (outcome.kind === 'rejected' || outcome.kind === 'unauthorized') return { kind: outcome.kind, failure: outcome };
  return { kind: 'failed', failure: outcome };
}
