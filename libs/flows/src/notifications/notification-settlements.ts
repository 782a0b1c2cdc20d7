import { Injectable, type OnModuleInit } from '@nestjs/common';
import { SettlementRegistry } from '@puente/ledger';
import { RedriveSettlement } from './dead-letters/redrive-settlement';
import { PUBLISH_SETTLED, REDRIVE_SETTLED, SEND_SETTLED } from './notification-operations';
import { PublishSettlement } from './publish-settlement';
import { SendSettlement } from './send-settlement';

/** Tells the ledger whom to call when a notification's operations are settled. */
@Injectable()
export class NotificationSettlements implements OnModuleInit {
  constructor(
    private readonly registry: SettlementRegistry,
    private readonly sends: SendSettlement,
    private readonly publishes: PublishSettlement,
    private readonly redrives: RedriveSettlement,
  ) {}

  onModuleInit(): void {
    this.registry.register(SEND_SETTLED, (tx, operation) => this.sends.settled(tx, operation));
    this.registry.register(PUBLISH_SETTLED, (tx, operation) => this.publishes.settled(tx, operation));
    this.registry.register(REDRIVE_SETTLED, (tx, operation) => this.redrives.settled(tx, operation));
  }
}
