import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { TenantTransaction } from '@puente/database';
import { type OperationView, SettlementRegistry } from '@puente/ledger';
import { REQUEST_SENT } from './purchase-operations';

/** A request of ours is `sent` once the broker has taken its message. */
@Injectable()
export class RequestSent implements OnModuleInit {
  constructor(private readonly registry: SettlementRegistry) {}

  onModuleInit(): void {
    this.registry.register(REQUEST_SENT, (tx, operation) => settled(tx, operation));
  }
}

async function settled(tx: TenantTransaction, { state, id, replayOf }: OperationView): Promise<void> {
  if (state !== 'succeeded') return; // the operation itself says what went wrong, and can be repeated
  await tx.query(
    `UPDATE purchase_requests SET status = 'sent', updated_at = puente_now()
     WHERE tenant_id = $1 AND status = 'pending' AND announce_operation_id = ANY ($2::uuid[])`,
    [tx.tenantId, [id, replayOf].filter((known) => known !== null)],
  );
}
