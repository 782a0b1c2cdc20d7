import { Injectable } from '@nestjs/common';
import { LedgerSettings } from '../ledger-settings';
import { DueTurns } from './due-turns';
import { HintListener } from './hint-listener';
import { type NoteTaker, NoteReader } from './note-reader';
import { WorkHints } from './work-hints';

/** A queue that brings something is not looked past for long: what it brings is not sorted by priority. */
const BUSY_FACTOR = 4;

/** All ways in which a worker hears of work, and how often it looks for itself. */
@Injectable()
export class WakeUps {
  constructor(
    readonly hints: WorkHints,
    private readonly listener: HintListener,
    private readonly reader: NoteReader,
    private readonly turns: DueTurns,
    private readonly settings: LedgerSettings,
  ) {}

  start(taker: NoteTaker): void {
    this.hints.takeNext((refs) => this.reader.take(taker, refs));
    this.listener.start();
    this.turns.start();
    this.reader.start(taker);
  }

  /** Nothing is received any more. */
  async leave(): Promise<void> {
    await Promise.all([this.reader.stop(), this.turns.stop()]);
  }

  async stop(): Promise<void> {
    await Promise.all([this.listener.stop(), this.hints.flush()]);
  }

  /**
   * How long a worker waits before it looks without having been told. Looking is the safety net: seldom while a queue
   * tells, as often as without one while it is away.
   */
  pollMs(): number {
    const { pollMs, safetyPollMs } = this.settings;
    switch (this.reader.state) {
      case 'none':
      case 'away':
        return pollMs;
      case 'busy':
        return Math.min(BUSY_FACTOR * pollMs, safetyPollMs);
      case 'quiet':
        return safetyPollMs;
    }
  }
}
