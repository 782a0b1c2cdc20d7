import { Injectable, type OnModuleInit } from '@nestjs/common';
import { SettlementRegistry } from '@puente/ledger';
import { CaptureOutcomes } from './capture-outcomes';
import { CommitOutcomes } from './commit-outcomes';
import { CreateOutcomes } from './create-outcomes';
import { CAPTURE_SETTLED, COMMIT_SETTLED, CREATE_SETTLED, REFUND_SETTLED } from './payment-operations';
import { RefundOutcomes } from './refund-outcomes';

/**
 * Tells the ledger whom to call when a payment's operations are settled. Who made the call hears first and does the same:
 * the second time changes nothing. A process that dies in between is the reason for this one.
 */
@Injectable()
export class PaymentSettlements implements OnModuleInit {
  constructor(
    private readonly registry: SettlementRegistry,
    private readonly creates: CreateOutcomes,
    private readonly commits: CommitOutcomes,
    private readonly captures: CaptureOutcomes,
    private readonly refunds: RefundOutcomes,
  ) {}

  onModuleInit(): void {
    this.registry.register(CREATE_SETTLED, async (tx, operation) => {
      await this.creates.settled(tx, operation);
    });
    this.registry.register(COMMIT_SETTLED, async (tx, operation) => {
      await this.commits.settled(tx, operation);
    });
    this.registry.register(CAPTURE_SETTLED, async (tx, operation) => {
      await this.captures.settled(tx, operation);
    });
    this.registry.register(REFUND_SETTLED, async (tx, operation) => {
      await this.refunds.settled(tx, operation);
    });
  }
}
