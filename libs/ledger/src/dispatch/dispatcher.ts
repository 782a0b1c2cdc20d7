import { Injectable } from '@nestjs/common';
import { MOST_IDS } from '@puente/queue';
import { LedgerSettings } from '../ledger-settings';
import { LedgerTime } from '../ledger-time';
import { Bell } from './bell';
import type { Claim } from './claimed-row';
import { Claimer, type Places, reserveOf } from './claimer';
import { DatabaseWatch } from './database-watch';
import { DispatchSupport } from './dispatch-support';
import { Offers, type OfferAnswer } from './offers';
import type { NoteTaker } from './note-reader';
import { OperationRunner } from './operation-runner';
import { Prefetch } from './prefetch';
import { type Ended, WorkSlots } from './work-slots';

/** Between two claims for the sake of a hint while only few places are free: a hint comes with every accept. */
const HINT_SPACING_MS = 10;
/** Part of the places that must be free before a backlog is claimed from: a claim costs as much for one as for twenty. */
const WORTH_A_CLAIM = 1 / 4;
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
export class Dispatcher implements NoteTaker {
  private readonly bell = new Bell();
  private readonly slots: WorkSlots;
  private readonly offers = new Offers(() => this.bell.ring());
  private readonly watch: DatabaseWatch;
  private stopped: Promise<void> | undefined;
  private readonly prefetch: Prefetch;
  /** How few places may be taken for a freed one to be worth waking the loop; none is when there is nothing to claim. */
  private wakesAt = Infinity;
  /** Something may be due that was not when we looked last. */
  private hinted = true;
  /** More was due than was taken. */
  private backlog = false;
  private claimedAtMs = 0;
  private quarantined = false;
  private normalUntilMs = 0;
  private stopping = false;
  /** PostgreSQL did not answer the last claim. */
  private away = false;
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
    this.prefetch = new Prefetch(settings, time);
    this.slots = new WorkSlots(settings.concurrency, (claim) => this.run(claim), {
      freed: () => {
        this.prefetch.count();
        this.roomMade();
      },
      settled: () => this.roomMade(),
    });
  }

  /** Begins to dispatch. Returns at once, also while PostgreSQL is away. */
  start(): void {
    if (this.loop) return;
    this.unsubscribe = this.support.wakeUps.hints.on('due', () => this.hint());
    this.support.start(this, (quarantined) => {
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

  /** Nothing while PostgreSQL is away, and not one by one: the places of a message at once. */
  room(reserved: boolean): number {
    const { capacity } = this.prefetch;
    const kept = reserved ? 0 : reserveOf(capacity);
    const free = capacity - kept - this.taken - this.offers.size;
    const least = reserved ? 1 : Math.min(MOST_IDS, Math.ceil(capacity / 3));
    return this.stopping || this.away || free < least ? 0 : free;
  }

  roomier(ms: number): Promise<void> {
    return this.offers.freed.wait(ms);
  }

  /** Wakes who waits for places, or for the last claim to be off our hands. */
  private roomMade(): void {
    if (this.stopping || this.taken <= this.wakesAt) this.bell.ring();
    this.offers.freed.ring();
  }

  private get taken(): number {
    return this.slots.taken(this.prefetch.capacity);
  }

  /** Claims these as soon as the loop comes to it. */
  offer(ids: readonly string[]): Promise<OfferAnswer> {
    return this.stopping || this.away ? Promise.resolve({ kind: 'refused' }) : this.offers.add(ids);
  }

  /**
   * Begins nothing more, gives back at once what has not begun (no attempt is burned, and other workers hear of it), and
   * lets calls in flight end, for at most `drainMs`. What is left then belongs to the sweeper of another worker.
   */
  stop(): Promise<void> {
    this.stopped ??= this.loop ? this.drain(this.loop) : Promise.resolve();
    return this.stopped;
  }

  private async drain(loop: Promise<void>): Promise<void> {
    const { wakeUps, log } = this.support;
    const untilMs = this.time.nowMs() + this.settings.drainMs;
    const left = (): number => untilMs - this.time.nowMs();
    this.stopping = true;
    this.slots.close();
    wakeUps.hints.leave();
    this.bell.ring();
    this.offers.freed.ring();
    const released = this.giveBack();
    await this.atMost(left, loop);
    this.offers.refuse();
    const last = this.giveBack(); // a claim was under way
    await this.atMost(left, Promise.all([wakeUps.leave(), released.done, last.done]));
    while (this.slots.size > 0 && left() > 0) await this.bell.wait(Math.max(1, left()));
    this.unsubscribe();
    await this.support.stop();
    const tookMs = Math.round(this.settings.drainMs - left());
    log.dispatcherDrained({ released: released.count + last.count, abandoned: this.slots.size, tookMs });
  }

  private giveBack(): { readonly count: number; readonly done: Promise<unknown> } {
    const claims = this.slots.takeReady();
    return { count: claims.length, done: Promise.all(claims.map((claim) => this.released(claim))) };
  }

  /** What hangs on PostgreSQL may take longer than there is time. */
  private async atMost(left: () => number, work: Promise<unknown>): Promise<void> {
    const given = new AbortController(); // else the timer would keep the process
    await Promise.race([work, this.time.clock.sleep(Math.max(0, left()), given.signal)]);
    given.abort();
  }

  private async work(): Promise<void> {
    while (!this.stopping) {
      try {
        await this.turn();
        this.watch.answered();
        this.away = false;
      } catch (error) {
        this.away = true;
        this.offers.refuse();
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
    const { capacity } = this.prefetch;
    const pollMs = this.support.wakeUps.pollMs();
    const free = capacity - this.taken;
    if (this.offers.size > 0 && free > 0) return this.claimOffered({ free, capacity });
    const sinceMs = this.time.nowMs() - this.claimedAtMs;
    if (sinceMs >= pollMs) this.hinted = true;
    // A claim per freed place would be a query per call: a backlog waits until a few are free beyond the reserve.
    const enough = reserveOf(capacity) + Math.max(1, Math.floor(capacity * WORTH_A_CLAIM));
    if (this.backlog && free >= enough) return this.claim({ free, capacity });
    if (this.hinted && free > 0 && (free >= enough || sinceMs >= HINT_SPACING_MS))
      return this.claim({ free, capacity });
    const spacing = this.hinted && free > 0;
    if (this.offers.size > 0 || (this.hinted && !spacing)) this.wakesAt = Infinity;
    else this.wakesAt = this.backlog && !this.hinted ? capacity - enough : -1;
    await this.bell.wait(Math.max(1, (spacing ? HINT_SPACING_MS : pollMs) - sinceMs));
    this.wakesAt = Infinity;
  }

  private async claim(places: Places): Promise<void> {
    const anew = this.hinted;
    this.hinted = false;
    this.claimedAtMs = this.time.nowMs();
    const { claims, more, contended } = await this.claimer.claim(places, this.slots.inFlight(), anew);
    // Hints are spaced from here, or claims that take as long as the space between them would follow one another.
    this.claimedAtMs = this.time.nowMs();
    this.begin(claims);
    this.backlog = more;
    if (contended && claims.length === 0) await this.pause(2);
  }

  private async claimOffered(places: Places): Promise<void> {
    const offers = this.offers.take(places.free);
    const ids = offers.flatMap((offer) => offer.ids);
    try {
      const { claims, leftOver } = await this.claimer.claimOffered(ids, places, this.slots.inFlight());
      this.begin(claims);
      const left = new Set(leftOver);
      for (const offer of offers) offer.answer({ kind: 'looked', leftOver: offer.ids.filter((id) => left.has(id)) });
    } catch (error) {
      this.offers.refuse(offers);
      throw error;
    }
  }

  private begin(claims: readonly Claim[]): void {
    for (const claim of claims) this.support.leases.hold(leaseOf(claim), claim.askedAtMs);
    this.slots.add(claims);
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
