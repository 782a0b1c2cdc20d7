import { Injectable } from '@nestjs/common';
import { DispatchDatabase } from '@puente/database';
import { DueAnnouncer, type DueRef } from './due-announcer';

/** Channel of PostgreSQL on which processes tell each other that something is due. No payload: the table knows what. */
export const DUE_CHANNEL = 'puente_due';

/** Between two notices to other processes. A commit with NOTIFY takes a lock on the whole server. */
const SPACING_MS = 10;

/**
 * Tells whoever is interested that something is due or settled: in this process at once, elsewhere by one coalesced
 * NOTIFY after the commit, never within an accepting transaction (it would leave a third of the commits, research §4.1).
 * In mode `sqs` single operations go through the queue instead, and NOTIFY is left for what concerns many, and for when
 * the queue is away. Only hints: each may be lost, and polling finds what it announced.
 */
@Injectable()
export class WorkHints {
  private readonly listeners = { due: new Set<() => void>(), settled: new Set<() => void>() };
  private takeHere: ((refs: readonly DueRef[]) => void) | undefined;
  private leaving = false;
  private notifying = false;
  private again = false;
  private notice: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly db: DispatchDatabase,
    private readonly announcer: DueAnnouncer,
  ) {
    announcer.otherwise(() => this.look());
  }

  /** @returns how to stop listening */
  on(what: 'due' | 'settled', listener: () => void): () => void {
    this.listeners[what].add(listener);
    return () => this.listeners[what].delete(listener);
  }

  /** @param take runs operations in this process, or passes them on; for mode `sqs` */
  takeNext(take: (refs: readonly DueRef[]) => void): void {
    this.takeHere = take;
  }

  /** These were accepted, or made due by hand. */
  due(refs: readonly DueRef[]): void {
    if (refs.length === 0) return;
    if (this.announcer.hasQueue) this.announcer.announce(refs);
    else this.look();
  }

  /** These are due again after a run in this process: the others have nothing to do with it, unless it is going to end. */
  back(refs: readonly DueRef[]): void {
    if (refs.length === 0) return;
    if (this.announcer.hasQueue) this.announcer.announce(refs);
    else if (this.leaving) this.look();
    else this.ring('due');
  }

  /** Those that waited for what has just ended in this process. */
  next(refs: readonly DueRef[]): void {
    if (refs.length === 0) return;
    if (this.announcer.hasQueue && this.takeHere && !this.leaving) this.takeHere(refs);
    else this.back(refs);
  }

  /** Something may be due of which there is no list: everybody looks. */
  look(): void {
    this.lookHere();
    this.notify();
  }

  lookHere(): void {
    this.ring('due');
  }

  settled(): void {
    this.ring('settled');
  }

  /** This process takes no more work: what it gives back is for others. */
  leave(): void {
    this.leaving = true;
  }

  /** Resolves when what was said so far is out. */
  async flush(): Promise<void> {
    await this.announcer.flush();
    await this.notice;
  }

  private ring(what: 'due' | 'settled'): void {
    for (const listener of this.listeners[what]) listener();
  }

  private notify(): void {
    if (this.notifying) {
      this.again = true;
      return;
    }
    this.notifying = true;
    this.notice = this.db
      .query(`SELECT pg_notify($1, '')`, [DUE_CHANNEL])
      .catch(() => undefined) // a lost hint: the others poll
      .finally(() => {
        setTimeout(() => {
          this.notifying = false;
          if (!this.again) return;
          this.again = false;
          this.notify();
        }, SPACING_MS).unref();
      });
  }
}
