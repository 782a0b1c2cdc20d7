import { Injectable } from '@nestjs/common';
import { type DispatchNote, type DispatchQueue, MOST_IDS, MOST_NOTES } from '@puente/queue';
import { fullJitter } from '@puente/resilience';
import { DispatchMode } from '../dispatch-mode';
import { GroupCommit, done } from '@puente/kernel';
import { LedgerTime } from '../ledger-time';
import { LedgerLog } from '../ledger.log';
import { NoteMetrics } from './note-metrics';

/** An operation that is due, or soon. */
export interface DueRef {
  readonly id: string;
  readonly tenantId: string;
}

const BACKOFF = { baseMs: 500, capMs: 10_000 };

/**
 * Sends the ids of due operations to the dispatch queue, many of one moment together. It keeps nothing for later: what
 * the queue does not take is announced the other way, and the ledger has it anyway.
 */
@Injectable()
export class DueAnnouncer {
  private readonly group: GroupCommit<DueRef & { readonly delayS: number }, undefined>;
  private readonly open = new Set<Promise<unknown>>();
  private failures = 0;
  private awayUntilMs = -Infinity;
  private unsent: () => void = () => undefined;

  constructor(
    private readonly mode: DispatchMode,
    private readonly time: LedgerTime,
    private readonly notes: NoteMetrics,
    private readonly log: LedgerLog,
  ) {
    const size = MOST_NOTES * MOST_IDS;
    this.group = new GroupCommit({ maxSize: size, maxInFlight: 4, waitMs: 2 }, async (refs) => {
      await this.send(refs);
      return refs.map(() => done(undefined));
    });
  }

  /** Whether there is a queue to announce in. */
  get hasQueue(): boolean {
    return this.mode.queue !== undefined;
  }

  /** The queue did not take what it was last given. */
  get isAway(): boolean {
    return this.failures > 0;
  }

  /** @param unsent called when something could not be announced */
  otherwise(unsent: () => void): void {
    this.unsent = unsent;
  }

  /** Returns at once. Within `delayS` seconds nobody receives them. */
  announce(refs: readonly DueRef[], delayS = 0): void {
    if (refs.length === 0) return;
    if (this.time.nowMs() < this.awayUntilMs) {
      this.unsent();
      return;
    }
    const sent = Promise.all(refs.map((ref) => this.group.add({ ...ref, delayS })))
      .catch(() => undefined)
      .finally(() => this.open.delete(sent));
    this.open.add(sent);
  }

  /** Resolves when what was announced so far has been sent, or could not be. */
  async flush(): Promise<void> {
    await Promise.all(this.open);
  }

  private async send(refs: readonly (DueRef & { readonly delayS: number })[]): Promise<void> {
    const { queue } = this.mode;
    const notes = notesOf(refs);
    for (let at = 0; at < notes.length; at += MOST_NOTES) {
      const away = !queue || this.time.nowMs() < this.awayUntilMs;
      if (away || !(await this.taken(queue, notes.slice(at, at + MOST_NOTES)))) {
        this.unsent();
        return;
      }
    }
  }

  private async taken(queue: DispatchQueue, notes: readonly DispatchNote[]): Promise<boolean> {
    try {
      const refused = await queue.send(notes);
      if (this.failures > 0) this.log.dispatchQueueBack('send');
      this.failures = 0;
      this.notes.count('sent', notes.length - refused.length);
      return refused.length === 0;
    } catch (error) {
      this.failures += 1;
      if (this.failures === 1) this.log.dispatchQueueAway('send', error);
      this.notes.count('unsent', notes.length);
      this.awayUntilMs = this.time.nowMs() + fullJitter(BACKOFF, this.failures, this.time.random);
      return false;
    }
  }
}

/** A message carries ids of one tenant only: it is the tenant by which the queue is fair. */
function notesOf(refs: readonly (DueRef & { readonly delayS: number })[]): DispatchNote[] {
  const groups = new Map<string, { readonly tenantId: string; readonly delayS: number; readonly ids: string[] }>();
  for (const { id, tenantId, delayS } of refs) {
    const key = `${tenantId} ${String(delayS)}`;
    const group = groups.get(key) ?? { tenantId, delayS, ids: [] };
    group.ids.push(id);
    groups.set(key, group);
  }
  return [...groups.values()].flatMap(({ tenantId, delayS, ids }) =>
    Array.from({ length: Math.ceil(ids.length / MOST_IDS) }, (_, n) => ({
      tenantId,
      ids: ids.slice(n * MOST_IDS, (n + 1) * MOST_IDS),
      ...(delayS > 0 ? { delayS } : {}),
    })),
  );
}
