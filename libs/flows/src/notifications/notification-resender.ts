import { Injectable, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { AppConfigService } from '@puente/config';
import { Clock } from '@puente/kernel';
import { NotificationLog } from './notification-log';
import { NotificationResending } from './notification-resending';
import { UnseenNotifications } from './unseen-notifications';

/** Looks every so often for notifications that no queue gave back, and has them sent again. One per worker; they may meet. */
@Injectable()
export class NotificationResender implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;

  constructor(
    private readonly unseen: UnseenNotifications,
    private readonly resending: NotificationResending,
    private readonly config: AppConfigService,
    private readonly clock: Clock,
    private readonly log: NotificationLog,
  ) {}

  onApplicationBootstrap(): void {
    this.running ??= this.loop();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** One look. @returns how many were sent again */
  async pass(): Promise<number> {
    let resent = 0;
    for (const found of await this.unseen.find(this.config.get('NOTIFICATIONS_RESEND_MS'))) {
      if (this.stopping.signal.aborted) break;
      try {
        const sends = await this.resending.resend(found);
        if (sends === undefined) continue;
        resent += 1;
        this.log.resent(found.tenantId, found.id, sends);
      } catch (error) {
        this.log.resendFailed(found.tenantId, found.id, error);
      }
    }
    return resent;
  }

  private async loop(): Promise<void> {
    const { signal } = this.stopping;
    const every = Math.min(this.config.get('NOTIFICATIONS_RESEND_MS') / 4, 60_000);
    for (;;) {
      await this.clock.sleep(every, signal);
      if (signal.aborted) return;
      await this.pass().catch((error: unknown) => this.log.resendFailed(undefined, undefined, error));
    }
  }
}
