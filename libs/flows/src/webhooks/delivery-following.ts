import { Injectable, type OnModuleInit } from '@nestjs/common';
import { RepeatRegistry } from '@puente/ledger';
import { followRepeats } from './delivery-rows';
import { WebhookMetrics } from './webhook-metrics';

/** A delivery whose operation is done again, whoever asked for it and by which route, goes on with the new one. */
@Injectable()
export class DeliveryFollowing implements OnModuleInit {
  constructor(
    private readonly repeats: RepeatRegistry,
    private readonly metrics: WebhookMetrics,
  ) {}

  onModuleInit(): void {
    this.repeats.follow('webhooks', async (tx, repeats) => {
      await followRepeats(tx, repeats);
      tx.afterCommit(() => {
        this.metrics.replayed(repeats.length);
      });
    });
  }
}
