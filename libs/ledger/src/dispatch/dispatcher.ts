import { Injectable } from '@nestjs/common';
import { LedgerSettings } from '../ledger-settings';
import { LedgerTime } from '../ledger-time';
import { Bell } from './bell';
import type { Claim } from './claimed-row';
import { Claimer } from './claimer';
import { DatabaseWatch } from './database-watch';
import { DispatchSupport } from './dispatch-support';
import { OperationRunner } from './operation-runner';
import { type Ended, WorkSlots } from './work-slots';

/** Between two claims for the sake of a hint while only few places are free: a hint comes with every accept. */
const HINT_SPACING_MS = 10;
/** Longest time in a row that is given to quarantined operations while others wait. */
const QUARANTINE_TURN_MS = 1_000;

/**
 * The worker's loop: claim what is due, as far as there are places; run it; settle. Hints wake it, polling finds what
 * no hint announced, and a PostgreSQL that is away is waited for. One per process.
 *
 * An operation that crashed its worker twice is run alone: the loop lets everything in flight end first, so that a
 * poisoned one takes no neighbours with it (DESIGN §5).
 */
@Injectable()
export class Dispatcher {
  private readonly bell = new Bell();
  private readonly slots: WorkSlots;
  private readonly watch: DatabaseWatch;
  /** Something may be due that was not when we looked last. */
  private hinted = true;
  /** More was due than was taken. */
  private backlog = false;
  private claimedAtMs = 0;
  private quarantined = false;
  private normalUntilMs = 0;
  private stopping = false;
  private loop: Promise<void> | undefined;
  private unsubscribe: () => void = () => undefined;

  constructor(
    private readonly claimer: Claimer,
    private readonly runner: OperationRunner,
    private readonly support: DispatchSupport,
    private readonly settings: LedgerSettings,
    private readonly time: LedgerTime,
  ) {
    this.watch = new DatabaseWatch('claim', time, support.log);
    this.slots = new WorkSlots(
      settings.concurrency,
      (claim) => this.run(claim),
      () => this.bell.ring(),
    );
  }

  /** Begins to dispatch. Returns at once, also while PostgreSQL is away. */
  start(): void {
    if (this.loop) return;
    this.unsubscribe = this.support.hints.on('due', () => this.hint());
    this.support.start((quarantined) => {
      this.quarantined = quarantined;
      if (quarantined) this.bell.ring();
    });
    this.loop = this.work();
    this.support.log.dispatcherStarted({ owner: this.settings.workerOwner, concurrency: this.settings.concurrency });
  }

  /** Something may be due: look now instead of at the next poll. */
  hint(): void {
    this.hinted = true;
    this.bell.ring();
  }

  /**
   * Stops claiming, gives back what has not begun (no attempt is burned), and lets calls in flight end, for at most
   * `drainMs`. What is left then belongs to the sweeper of another worker.
   */
  async stop(): Promise<void> {
    if (!this.loop || this.stopping) return;
    const startedMs = this.time.nowMs();
    this.stopping = true;
    this.bell.ring();
    await this.loop;
    const unbegun = this.slots.takeReady();
    const left = (): number => this.settings.drainMs - (this.time.nowMs() - startedMs);
    const released = Promise.all(unbegun.map((claim) => this.released(claim)));
    const given = new AbortController(); // else the timer would keep the process for the whole of `drainMs`
    await Promise.race([released, this.time.clock.sleep(left(), given.signal)]);
    given.abort();
    while (this.slots.size > 0 && left() > 0) await this.bell.wait(Math.max(1, left()));
    this.unsubscribe();
    await this.support.stop();
    const tookMs = Math.round(this.time.nowMs() - startedMs);
    this.support.log.dispatcherDrained({ released: unbegun.length, abandoned: this.slots.size, tookMs });
  }

  private async work(): Promise<void> {
    while (!this.stopping) {
      try {
        await this.turn();
        this.watch.answered();
      } catch (error) {
        await this.pause(this.watch.failed(error));
        this.hinted = true;
      }
    }
  }

  /** Not the bell: hints and freed places keep ringing while PostgreSQL is away. */
  private async pause(ms: number): Promise<void> {
    const untilMs = this.time.nowMs() + ms;
    while (!this.stopping && this.time.nowMs() < untilMs)
      await this.bell.wait(Math.max(1, untilMs - this.time.nowMs()));
  }

  private async turn(): Promise<void> {
    if (this.quarantined && this.time.nowMs() >= this.normalUntilMs) {
      await this.quarantineTurn();
      return;
    }
    const { concurrency, prefetch, pollMs } = this.settings;
    const free = concurrency + prefetch - this.slots.size;
    const sinceMs = this.time.nowMs() - this.claimedAtMs;
    if (sinceMs >= pollMs) this.hinted = true;
    // A claim per freed place would be a query per call: a backlog waits until a few are free beyond the reserve.
    const enough = free >= this.claimer.bounds.reserve + Math.max(1, Math.floor((concurrency + prefetch) / 8));
    if (this.backlog && enough) return this.claim(free);
    if (this.hinted && free > 0 && (enough || sinceMs >= HINT_SPACING_MS)) return this.claim(free);
    const spacing = this.hinted && free > 0;
    await this.bell.wait(Math.max(1, (spacing ? HINT_SPACING_MS : pollMs) - sinceMs));
  }

  private async claim(free: number): Promise<void> {
    const anew = this.hinted;
    this.hinted = false;
    this.claimedAtMs = this.time.nowMs();
    const { claims, more, contended } = await this.claimer.claim(free, this.slots.inFlight(), anew);
    for (const claim of claims) this.support.leases.hold(leaseOf(claim), claim.askedAtMs);
    this.slots.add(claims);
    this.backlog = more;
    if (contended && claims.length === 0) await this.pause(2);
  }

  private async quarantineTurn(): Promise<void> {
    while (this.slots.size > 0 && !this.stopping) await this.bell.wait(this.settings.pollMs);
    const startedMs = this.time.nowMs();
    while (!this.stopping && this.time.nowMs() - startedMs < QUARANTINE_TURN_MS) {
      const claim = await this.claimer.claimQuarantined();
      if (!claim) {
        this.quarantined = false;
        break;
      }
      this.support.leases.hold(leaseOf(claim), claim.askedAtMs);
      await (
        await this.run(claim)
      ).settled;
    }
    this.normalUntilMs = this.time.nowMs() + (this.time.nowMs() - startedMs);
    this.hinted = true;
  }

  private run(claim: Claim): Promise<Ended> {
    return this.support.guarded(claim, (signal) => this.runner.run(claim, signal));
  }

  private async released(claim: Claim): Promise<void> {
    await (
      await this.support.guarded(claim, () => this.runner.release(claim))
    ).settled;
  }
}

function leaseOf({ row: { id, fence } }: Claim) {
  return { id, fence };
}
