import { Injectable } from '@nestjs/common';
import { type DispatchQueue, MOST_IDS, MOST_NOTES, type ReceivedNote } from '@puente/queue';
import { fullJitter } from '@puente/resilience';
import { DispatchMode } from '../dispatch-mode';
import { LedgerTime } from '../ledger-time';
import { LedgerLog } from '../ledger.log';
import { DueAnnouncer, type DueRef } from './due-announcer';
import { NoteMetrics } from './note-metrics';
import type { OfferAnswer } from './offers';

const BACKOFF = { baseMs: 250, capMs: 5_000 };
/** For the places of a tenant that has all it may have; somewhere else there may be room. */
const LEFT_OVER_DELAY_S = 1;
/** So long everything but the reserve is taken before messages are received for it. */
const TIGHT_MS = 1_000;
/** Requests side by side while the queue has more than one brings. */
const WIDTH = 3;

/** Who claims what the queue brings: the dispatcher. */
export interface NoteTaker {
  /** Ids it could claim at this moment; `reserved`: with what it keeps for tenants that have little. 0: receive nothing. */
  room(reserved: boolean): number;
  /** Resolves when there may be more room, or after `ms`. */
  roomier(ms: number): Promise<void>;
  offer(ids: readonly string[]): Promise<OfferAnswer>;
}

/**
 * A worker's end of the dispatch queue: receives what there is room for, has it claimed, and deletes it, whatever came
 * of the claim. A retry never lives in the queue. Waits while PostgreSQL is away.
 */
@Injectable()
export class NoteReader {
  private readonly stopping = new AbortController();
  private finished: Promise<void> | undefined;
  private readonly handling = new Set<Promise<void>>();
  private failures = 0;
  private last: 'nothing' | 'notes' | 'more' = 'nothing';

  constructor(
    private readonly mode: DispatchMode,
    private readonly announcer: DueAnnouncer,
    private readonly time: LedgerTime,
    private readonly notes: NoteMetrics,
    private readonly log: LedgerLog,
  ) {}

  /** `none`: there is no queue. `busy`: it brings something. `quiet`: it answers, and has nothing. */
  get state(): 'none' | 'away' | 'busy' | 'quiet' {
    if (!this.mode.queue) return 'none';
    if (this.failures > 0 || this.announcer.isAway) return 'away';
    return this.last === 'nothing' ? 'quiet' : 'busy';
  }

  start(taker: NoteTaker): void {
    const { queue } = this.mode;
    if (queue) this.finished ??= this.run(queue, taker);
  }

  /** Ends the poll under way: what it may have taken comes back by itself, and the ledger has it anyway. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.finished;
    await Promise.all(this.handling);
  }

  /** Operations that this process can run at once, without the way through the queue. */
  take(taker: NoteTaker, refs: readonly DueRef[]): void {
    if (taker.room(false) < refs.length) return this.announcer.announce(refs);
    void taker.offer(refs.map(({ id }) => id)).then((answer) => {
      const left = answer.kind === 'looked' ? new Set(answer.leftOver) : undefined;
      this.announcer.announce(left ? refs.filter(({ id }) => left.has(id)) : refs);
    });
  }

  private async run(queue: DispatchQueue, taker: NoteTaker): Promise<void> {
    const { signal } = this.stopping;
    let tightSinceMs = Infinity;
    while (!signal.aborted) {
      const tight = this.time.nowMs() - tightSinceMs >= TIGHT_MS;
      const room = taker.room(tight);
      if (room <= 0) {
        tightSinceMs = Math.min(tightSinceMs, this.time.nowMs());
        await taker.roomier(TIGHT_MS);
        continue;
      }
      tightSinceMs = tight ? this.time.nowMs() : Infinity;
      try {
        const width = this.last === 'more' ? WIDTH : 1;
        const most = Math.floor(room / MOST_IDS / width);
        const receive = (): Promise<readonly ReceivedNote[]> => queue.receive(most, signal, width === 1);
        const notes = (await Promise.all(Array.from({ length: width }, receive))).flat();
        this.answered(notes);
        if (notes.length > 0) this.handle(queue, taker, notes);
      } catch (error) {
        if (!this.isStopping()) await this.time.clock.sleep(this.failed(error), signal);
      }
    }
  }

  private handle(queue: DispatchQueue, taker: NoteTaker, notes: readonly ReceivedNote[]): void {
    const handled = this.claimed(queue, taker, notes)
      .catch((error: unknown) => this.log.noteKept(error)) // it comes back, and matches nothing then
      .finally(() => this.handling.delete(handled));
    this.handling.add(handled);
  }

  private async claimed(queue: DispatchQueue, taker: NoteTaker, notes: readonly ReceivedNote[]): Promise<void> {
    const handles = notes.map(({ handle }) => handle);
    const answer = await taker.offer(notes.flatMap(({ ids }) => ids));
    if (answer.kind === 'refused') {
      if (this.isStopping()) await inTens(handles, (some) => queue.giveBack(some));
      return;
    }
    if (answer.leftOver.length > 0) {
      const tenants = new Map(notes.flatMap(({ ids, tenantId }) => ids.map((id) => [id, tenantId] as const)));
      const refs = answer.leftOver.flatMap((id) => ({ id, tenantId: tenants.get(id) ?? '' }));
      this.announcer.announce(refs, LEFT_OVER_DELAY_S);
    }
    await inTens(handles, (some) => queue.discard(some));
  }

  /** A method, since it changes while one waits. */
  private isStopping(): boolean {
    return this.stopping.signal.aborted;
  }

  private answered(notes: readonly ReceivedNote[]): void {
    if (this.failures > 0) this.log.dispatchQueueBack('receive');
    this.failures = 0;
    this.last = notes.length >= MOST_NOTES ? 'more' : notes.length > 0 ? 'notes' : 'nothing';
    this.notes.count('received', notes.length);
  }

  private failed(error: unknown): number {
    this.failures += 1;
    if (this.failures === 1) this.log.dispatchQueueAway('receive', error);
    return fullJitter(BACKOFF, this.failures, this.time.random);
  }
}

async function inTens(handles: readonly string[], work: (some: readonly string[]) => Promise<void>): Promise<void> {
  const tens = Array.from({ length: Math.ceil(handles.length / MOST_NOTES) }, (_, n) => n * MOST_NOTES);
  await Promise.all(tens.map((at) => work(handles.slice(at, at + MOST_NOTES))));
}
