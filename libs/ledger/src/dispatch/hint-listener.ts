import { Injectable } from '@nestjs/common';
import { DispatchDatabase } from '@puente/database';
import { fullJitter } from '@puente/resilience';
import type { PoolClient } from 'pg';
import { LedgerTime } from '../ledger-time';
import { LedgerLog } from '../ledger.log';
import { DUE_CHANNEL, WorkHints } from './work-hints';

const RECONNECT = { baseMs: 250, capMs: 10_000 };
/** A connection that a firewall forgot looks open for ever; a question now and then finds out. */
const PROBE_MS = 30_000;

/** Hears other processes' hints on a connection of its own, and gets a new one when it breaks. */
@Injectable()
export class HintListener {
  private readonly stopping = new AbortController();
  private finished: Promise<void> | undefined;

  constructor(
    private readonly db: DispatchDatabase,
    private readonly hints: WorkHints,
    private readonly time: LedgerTime,
    private readonly log: LedgerLog,
  ) {}

  start(): void {
    this.finished ??= this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.finished;
  }

  private async run(): Promise<void> {
    let failures = 0;
    while (!this.stopping.signal.aborted) {
      try {
        await this.listen(() => (failures = 0));
      } catch (error) {
        if (failures === 0) this.log.listenerLost(error);
        failures += 1;
        await this.time.clock.sleep(fullJitter(RECONNECT, failures, this.time.random), this.stopping.signal);
      }
    }
  }

  /** Returns when asked to stop, throws when the connection breaks. */
  private async listen(connected: () => void): Promise<void> {
    const client = await this.db.connect();
    try {
      await this.heard(client, connected);
    } finally {
      client.removeAllListeners('notification');
      client.on('error', () => undefined);
      client.release(true); // it LISTENs: nobody else should get it
    }
  }

  private async heard(client: PoolClient, connected: () => void): Promise<void> {
    const broken = new AbortController();
    const lost = (error?: unknown): void => broken.abort(error ?? new Error('Connection terminated'));
    client.on('error', lost);
    client.on('end', lost);
    client.on('notification', () => this.hints.lookHere());
    await client.query(`LISTEN ${DUE_CHANNEL}`);
    connected();
    this.hints.lookHere(); // what was announced while nobody listened
    const either = AbortSignal.any([broken.signal, this.stopping.signal]);
    for (;;) {
      await this.time.clock.sleep(PROBE_MS, either);
      if (either.aborted) break;
      await client.query('SELECT 1');
    }
    client.removeListener('error', lost);
    client.removeListener('end', lost);
    broken.signal.throwIfAborted();
  }
}
