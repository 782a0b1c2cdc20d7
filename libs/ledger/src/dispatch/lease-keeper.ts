import { Injectable } from '@nestjs/common';
import { DispatchDatabase } from '@puente/database';
import { Cancellation, type CancelSignal } from '@puente/kernel';
import { LedgerMetrics } from '../ledger-metrics';
import { LedgerSettings } from '../ledger-settings';
import { LedgerTime } from '../ledger-time';
import { LedgerLog } from '../ledger.log';
import { type Beaten, HEARTBEAT } from '../sql/claim';

/** What identifies a lease: an operation under one fence. */
export interface Leased {
  readonly id: string;
  readonly fence: string;
}

interface Held extends Leased {
  readonly abort: Cancellation;
  readonly sinceMs: number;
  /** Its result is on its way: that the row has no lease any more is then no loss. */
  settling: boolean;
  /** Until when the lease certainly lasts, on our monotonic clock, counted from before it was asked for. */
  untilMs: number;
}

/**
 * Keeps the leases of this process alive, every quarter of a lease, and aborts a call whose lease is lost. Bounded: a
 * call that takes longer than `maxHoldMs` is stuck, and heartbeats would hide it from the sweeper for ever.
 *
 * While PostgreSQL is away nothing is aborted: the calls are out, and their answers are worth having.
 */
@Injectable()
export class LeaseKeeper {
  private readonly held = new Map<string, Held>();
  private timer: NodeJS.Timeout | undefined;
  private beating: Promise<void> | undefined;

  constructor(
    private readonly db: DispatchDatabase,
    private readonly time: LedgerTime,
    private readonly settings: LedgerSettings,
    private readonly metrics: LedgerMetrics,
    private readonly log: LedgerLog,
  ) {}

  /**
   * @param askedAtMs monotonic time before the lease was asked for
   * @returns aborts when the lease is lost, and is overdue as soon as it does not certainly last: nothing is sent then
   */
  hold(lease: Leased, askedAtMs: number, leaseMs = this.settings.leaseMs): CancelSignal {
    const abort = new Cancellation(undefined, () => this.time.nowMs() >= held.untilMs);
    const { id, fence } = lease;
    const held: Held = { id, fence, abort, sinceMs: askedAtMs, settling: false, untilMs: askedAtMs + leaseMs };
    this.held.set(keyOf(lease), held);
    // Not a reason for the process to live: calls that did not end in time are left behind with their leases.
    this.timer ??= setInterval(() => void this.beat(), Math.max(10, this.settings.leaseMs / 4)).unref();
    return abort;
  }

  /** Aborts when the lease is lost; of a lease that is not held, at once. */
  signalOf(lease: Leased): CancelSignal {
    return this.held.get(keyOf(lease))?.abort ?? NOT_HELD;
  }

  /** Certainly left of the lease: what a frozen worker asks itself before it sends anything. */
  remainingMs(lease: Leased): number {
    const held = this.held.get(keyOf(lease));
    return held && !held.abort.aborted ? held.untilMs - this.time.nowMs() : 0;
  }

  /** The database confirmed a lease of `leaseMs`, asked for at `askedAtMs`. */
  extend(lease: Leased, askedAtMs: number, leaseMs: number): void {
    const held = this.held.get(keyOf(lease));
    if (held) held.untilMs = Math.max(held.untilMs, askedAtMs + leaseMs);
  }

  /** Between a call and its commit the lease is still kept, but its end is expected. */
  settling(lease: Leased): void {
    const held = this.held.get(keyOf(lease));
    if (held) held.settling = true;
  }

  letGo(lease: Leased): void {
    this.held.delete(keyOf(lease));
    if (this.held.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** One heartbeat over all leases; public so that a test need not wait for a quarter of a lease. */
  beat(): Promise<void> {
    this.beating ??= this.renew()
      .catch(() => undefined) // the dispatcher says that PostgreSQL is away; the next beat tries again
      .finally(() => (this.beating = undefined));
    return this.beating;
  }

  private async renew(): Promise<void> {
    const askedAtMs = this.time.nowMs();
    const due: Held[] = [];
    for (const lease of this.held.values()) {
      if (lease.abort.aborted) continue;
      if (askedAtMs - lease.sinceMs > this.settings.maxHoldMs) this.lost(lease, 'held_too_long');
      else due.push(lease);
    }
    if (due.length === 0) return;
    const ids = due.map(({ id }) => id);
    const fences = due.map(({ fence }) => fence);
    const beaten = await this.db.query<Beaten>(HEARTBEAT, [ids, fences, this.settings.leaseMs]);
    const ours = new Map(beaten.map((lease) => [keyOf(lease), lease.renewed]));
    for (const lease of due) {
      const renewed = ours.get(keyOf(lease));
      if (renewed) lease.untilMs = Math.max(lease.untilMs, askedAtMs + this.settings.leaseMs);
      else if (renewed === undefined && !lease.settling && this.held.get(keyOf(lease)) === lease)
        this.lost(lease, 'taken');
    }
  }

  /** It stays in the map, aborted, until its holder lets go: `remainingMs` answers 0 from now on. */
  private lost(lease: Held, reason: 'taken' | 'held_too_long'): void {
    if (lease.abort.aborted) return;
    this.metrics.leaseLost();
    this.log.leaseLost({ operationId: lease.id, reason });
    lease.abort.abort(new Error('The lease of this operation is lost'));
  }
}

const NOT_HELD = new Cancellation();
NOT_HELD.abort('not held');

function keyOf({ id, fence }: Leased): string {
  return `${id} ${fence}`;
}
