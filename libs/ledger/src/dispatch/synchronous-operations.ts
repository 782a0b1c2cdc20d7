import { Injectable } from '@nestjs/common';
import { policyNamed } from '@puente/resilience';
import { LedgerSettings, holdMsFor } from '../ledger-settings';
import { LedgerTime } from '../ledger-time';
import type { Begun, LeasedOperation, NewOperation, Settled } from '../operation';
import type { Execution } from '../ports/operation-executor.port';
import { Beginnings } from './beginnings';
import { Bell } from './bell';
import { LeaseKeeper } from './lease-keeper';
import { eventOf } from './settlement';
import { Settler } from './settler';

/**
 * Calls whose caller waits for the answer: written as running, made by the caller itself, settled like any other. Here
 * the api is a worker: it keeps leases alive, and a stopping process lets its calls end.
 */
@Injectable()
export class SynchronousOperations {
  private readonly open = new Map<LeasedOperation, number>();
  private readonly bell = new Bell();

  constructor(
    private readonly beginnings: Beginnings,
    private readonly keeper: LeaseKeeper,
    private readonly settler: Settler,
    private readonly settings: LedgerSettings,
    private readonly time: LedgerTime,
  ) {}

  async begin(operation: NewOperation): Promise<Begun> {
    const leaseMs = Math.max(this.settings.leaseMs, holdMsFor(policyNamed(operation.policy).timeoutMs));
    const askedAtMs = this.time.nowMs();
    const begun = await this.beginnings.insert(operation, { ms: leaseMs, owner: this.settings.synchronousOwner });
    if (begun.kind === 'replayed') return begun;
    const signal = this.keeper.hold(begun.operation, askedAtMs, leaseMs);
    this.open.set(begun.operation, askedAtMs);
    return { ...begun, signal };
  }

  async settle(operation: LeasedOperation, execution: Execution): Promise<Settled> {
    const askedAtMs = this.open.get(operation) ?? this.time.nowMs();
    const now = new Date(operation.leasedAt.getTime() + (this.time.nowMs() - askedAtMs));
    try {
      const settlement = { operation, event: eventOf(execution), tries: execution.tries };
      return await this.settler.settle(settlement, { now, synchronous: true });
    } finally {
      this.keeper.letGo(operation);
      this.open.delete(operation);
      this.bell.ring();
    }
  }

  /** Waits for the calls in flight, for at most `drainMs`. What is left then belongs to the sweeper. */
  async stop(): Promise<void> {
    const untilMs = this.time.nowMs() + this.settings.drainMs;
    while (this.open.size > 0 && this.time.nowMs() < untilMs) {
      await this.bell.wait(Math.max(1, untilMs - this.time.nowMs()));
    }
  }
}
