import { Injectable } from '@nestjs/common';
import { DispatchDatabase } from '@puente/database';

/** Channel of PostgreSQL on which processes tell each other that something is due. No payload: the table knows what. */
export const DUE_CHANNEL = 'puente_due';

/** Between two notices to other processes. A commit with NOTIFY takes a lock on the whole server. */
const SPACING_MS = 10;

/**
 * Tells whoever is interested that something is due or settled: in this process at once, elsewhere by one coalesced
 * NOTIFY after the commit, never within an accepting transaction (it would leave a third of the commits, research §4.1).
 * Only a hint: it may be lost, and polling finds what it announced.
 */
@Injectable()
export class WorkHints {
  private readonly listeners = { due: new Set<() => void>(), settled: new Set<() => void>() };
  private notifying = false;
  private again = false;

  constructor(private readonly db: DispatchDatabase) {}

  /** @returns how to stop listening */
  on(what: 'due' | 'settled', listener: () => void): () => void {
    this.listeners[what].add(listener);
    return () => this.listeners[what].delete(listener);
  }

  /** Something was accepted, or made due by hand. */
  due(): void {
    this.ring('due');
    this.notify();
  }

  /** Something became due in this process's own hands: the others have nothing to do with it. */
  dueHere(): void {
    this.ring('due');
  }

  settled(): void {
    this.ring('settled');
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
    void this.db
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
