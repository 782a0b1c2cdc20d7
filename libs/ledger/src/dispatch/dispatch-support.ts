import { Injectable } from '@nestjs/common';
import type { CancelSignal } from '@puente/kernel';
import { LedgerLog } from '../ledger.log';
import type { Claim } from './claimed-row';
import { LeaseKeeper } from './lease-keeper';
import type { NoteTaker } from './note-reader';
import { Sweeper } from './sweeper';
import { WakeUps } from './wake-ups';
import type { Ended } from './work-slots';

/** What goes on beside the dispatcher's loop: leases, news of work, the sweeper. */
@Injectable()
export class DispatchSupport {
  constructor(
    readonly leases: LeaseKeeper,
    readonly wakeUps: WakeUps,
    private readonly sweeper: Sweeper,
    readonly log: LedgerLog,
  ) {}

  /** @param onQuarantine told regularly whether operations wait that must run alone */
  start(taker: NoteTaker, onQuarantine: (waiting: boolean) => void): void {
    this.wakeUps.start(taker);
    this.sweeper.start(onQuarantine);
  }

  async stop(): Promise<void> {
    await Promise.all([this.wakeUps.stop(), this.sweeper.stop()]);
  }

  /** Runs work on a claim and lets its lease go whatever happens: the worker survives every operation. */
  async guarded({ row }: Claim, work: (signal: CancelSignal) => Promise<Ended> | Ended): Promise<Ended> {
    const { id, fence } = row;
    const tell = (error: unknown): void => this.log.loopFailed(`operation ${id}`, error);
    const letGo = (): void => this.leases.letGo({ id, fence });
    try {
      const { settled } = await work(this.leases.signalOf({ id, fence }));
      const settledOrTold = settled.then(letGo, (error: unknown) => {
        tell(error);
        letGo();
      });
      return { settled: settledOrTold };
    } catch (error) {
      tell(error);
      letGo();
      return { settled: Promise.resolve() };
    }
  }
}
