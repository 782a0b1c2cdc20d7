import { Injectable } from '@nestjs/common';
import { Clock, Random } from '@puente/kernel';

/** The process's own clock and dice, which loops and waits always need together. Decisions take the database's time. */
@Injectable()
export class LedgerTime {
  constructor(
    readonly clock: Clock,
    readonly random: Random,
  ) {}

  nowMs(): number {
    return this.clock.monotonicMs();
  }
}
