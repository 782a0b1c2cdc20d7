import { Injectable, Logger } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { RetiredSecrets } from '@puente/tenancy';

const EVERY_MS = 15 * 60_000;

/** Erases secrets whose overlap after a rotation is over. Late by minutes at most; a failed sweep is made up by the next. */
@Injectable()
export class RetiredSecretsSchedule {
  private readonly log = new Logger(RetiredSecretsSchedule.name);

  constructor(private readonly retired: RetiredSecrets) {}

  @Interval(EVERY_MS)
  async sweep(): Promise<void> {
    try {
      const revoked = await this.retired.sweep();
      if (revoked > 0)
        this.log.log(
          { event: 'credentials.revoked', revoked },
          `Erased ${String(revoked)} retired version(s) of credentials`,
        );
    } catch (error) {
      this.log.error(
        { event: 'credentials.sweep_failed', err: error },
        'Could not erase retired credentials; trying again later',
      );
    }
  }
}
