import { Injectable, Logger } from '@nestjs/common';
import type { RedriveCounts } from './redrive-rows';

/** Every line about redrives: ids and counts, never a text. */
@Injectable()
export class RedriveLog {
  private readonly log = new Logger('Redrives');

  finished(tenantId: string, redriveId: string, counts: RedriveCounts): void {
    this.log.log(
      { event: 'redrive.finished', tenantId, redriveId, ...counts },
      `A redrive has ended: ${String(counts.sent)} sent back, ${String(counts.failed)} failed`,
    );
  }

  /** @param tenantId undefined when the list of what is to be done could not be read */
  waiting(tenantId: string | undefined, redriveId: string | undefined, problem: string, waitMs: number): void {
    this.log.warn(
      { event: 'redrive.waiting', tenantId, redriveId, problem, waitMs },
      'Dead letters cannot be tidied up at the moment; nothing is lost, and it is tried again',
    );
  }
}
