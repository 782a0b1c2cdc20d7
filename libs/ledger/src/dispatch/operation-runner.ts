import { Injectable } from '@nestjs/common';
import { type CancelSignal, unknown } from '@puente/kernel';
import { policyNamed } from '@puente/resilience';
import { LedgerTime } from '../ledger-time';
import type { LeasedOperation } from '../operation';
import { type Execution, OperationExecutor } from '../ports/operation-executor.port';
import type { RunEvent } from '../run-event';
import { keyWindowClosed } from '../state-machine';
import { type Claim, leasedOperation } from './claimed-row';
import { InputOpener } from './input-opener';
import { RunPermission } from './run-permission';
import { eventOf } from './settlement';
import { Settler } from './settler';
import type { Ended } from './work-slots';

/** How long a call whose lease is lost may take to notice that it was aborted. */
const ABORT_GRACE_MS = 5_000;

interface Ran {
  readonly event: RunEvent;
  readonly execution?: Execution;
}

/**
 * One claimed operation from its sealed row to its settled result: open, check whether the call may still be made, mark,
 * call, settle. It never throws for what the operation did; the lease is let go in every case.
 */
@Injectable()
export class OperationRunner {
  /** The end of this turn, once a call has ended in it. */
  private settling: Promise<void> | undefined;

  constructor(
    private readonly inputs: InputOpener,
    private readonly executor: OperationExecutor,
    private readonly permission: RunPermission,
    private readonly settler: Settler,
    private readonly time: LedgerTime,
  ) {}

  /** Resolves when the call has ended; `settled` when its result is committed. */
  async run(claim: Claim, signal: CancelSignal): Promise<Ended> {
    const { operation, unreadable } = await this.inputs.open(claim, signal);
    const ran = unreadable ? { event: unreadable } : await this.executed(operation, claim.askedAtMs, signal);
    return { settled: ran ? this.settleSoon(operation, ran, claim.askedAtMs) : Promise.resolve() };
  }

  /** Gives back a claim whose call was not begun. */
  release(claim: Claim): Ended {
    const operation = leasedOperation(claim, null);
    return { settled: this.settle(operation, { event: { kind: 'released' } }, claim.askedAtMs) };
  }

  /** @returns undefined when the lease is lost before the call: whoever has it now decides */
  private async executed(
    operation: LeasedOperation,
    askedAtMs: number,
    signal: CancelSignal,
  ): Promise<Ran | undefined> {
    const obstacle = this.obstacle(operation, askedAtMs);
    if (obstacle) return { event: obstacle };
    const timeoutMs = this.executor.timeoutMs(operation);
    const ready = await this.permission.ready(operation, timeoutMs);
    if (ready === 'lost' || signal.aborted) return undefined;
    if (ready === 'short') return { event: { kind: 'released' } };
    const execution = await this.called(operation, signal);
    return { event: eventOf(execution), execution };
  }

  /** Reasons not to make the call. Questions are always asked: an answer ends the matter, deadline or not. */
  private obstacle(operation: LeasedOperation, askedAtMs: number): RunEvent | undefined {
    if (operation.mode === 'reconcile') return undefined;
    const now = this.databaseNow(operation, askedAtMs).getTime();
    if (operation.deadlineAt !== null && now > operation.deadlineAt.getTime()) return { kind: 'deadline_passed' };
    return keyWindowClosed(operation, now, policyNamed(operation.policy)) ? { kind: 'key_expired' } : undefined;
  }

  /** An executor that ignores its signal must not keep its place for ever. */
  private called(operation: LeasedOperation, signal: CancelSignal): Promise<Execution> {
    const startedAt = this.time.clock.now();
    const startedMs = this.time.nowMs();
    const failedWith = (message: string): Execution =>
      failedExecution(operation, message, { startedAt, durationMs: this.time.nowMs() - startedMs });
    return new Promise((resolve) => {
      let timer: NodeJS.Timeout | undefined;
      const lost = (): void => {
        timer = setTimeout(() => end(failedWith('The call did not stop after its lease was lost.')), ABORT_GRACE_MS);
      };
      const end = (execution: Execution): void => {
        signal.removeEventListener('abort', lost);
        clearTimeout(timer);
        resolve(execution);
      };
      if (signal.aborted) lost();
      else signal.addEventListener('abort', lost, { once: true });
      this.executor.execute(operation, signal).then(end, (error: unknown) => {
        this.settler.executorThrew(operation, error);
        end(failedWith('The call ended with an internal error.'));
      });
    });
  }

  /**
   * After this turn of the event loop: answers come in bursts, and first each of them makes room for the next call. What
   * their results need (sealing, above all) is done while those calls are under way.
   */
  private async settleSoon(operation: LeasedOperation, ran: Ran, askedAtMs: number): Promise<void> {
    this.settling ??= new Promise((resolve) => {
      setImmediate(() => {
        this.settling = undefined;
        resolve();
      });
    });
    await this.settling;
    await this.settle(operation, ran, askedAtMs);
  }

  private async settle(operation: LeasedOperation, { event, execution }: Ran, askedAtMs: number): Promise<void> {
    const now = this.databaseNow(operation, askedAtMs);
    await this.settler.settle({ operation, event, tries: execution?.tries ?? [] }, { now });
  }

  private databaseNow({ leasedAt }: LeasedOperation, askedAtMs: number): Date {
    return new Date(leasedAt.getTime() + (this.time.nowMs() - askedAtMs));
  }
}

function failedExecution(
  { mode }: LeasedOperation,
  message: string,
  run: { readonly startedAt: Date; readonly durationMs: number },
): Execution {
  const failure = unknown('internal', { message });
  const tries = [{ ...run, outcome: 'unknown:internal', failure }];
  return { result: { kind: mode === 'reconcile' ? 'ask_failed' : 'called', outcome: failure }, tries };
}
