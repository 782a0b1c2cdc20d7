import { Injectable } from '@nestjs/common';
import type { TenantTransaction } from '@puente/database';
import type { OperationView } from '@puente/ledger';

/** The queue has taken a letter's message back, or has not: then the letter waits again and says why. */
@Injectable()
export class RedriveSettlement {
  async settled(tx: TenantTransaction, operation: OperationView): Promise<void> {
    switch (operation.state) {
      case 'succeeded':
        return sentBack(tx, operation);
      case 'rejected':
      case 'exhausted':
      case 'cancelled':
        return keptWaiting(tx, operation);
      default:
        return; // a person decides; the letter stays on its way until then
    }
  }
}

/** Also when the operation was repeated by hand, after the letter had begun to wait again. */
async function sentBack(tx: TenantTransaction, operation: OperationView): Promise<void> {
  await tx.query(
    `UPDATE dead_letters
     SET state = 'redriven', redriven_at = coalesce($3, puente_now()), redrive_operation_id = $4,
         redrive_failure = NULL
     WHERE tenant_id = $1 AND redrive_operation_id = ANY ($2::uuid[]) AND state IN ('redriving', 'waiting')`,
    [tx.tenantId, idsOf(operation), operation.settledAt, operation.id],
  );
}

/** Certainly not in the queue. */
async function keptWaiting(tx: TenantTransaction, operation: OperationView): Promise<void> {
  const { state, providerCode, failure, failureMessage } = operation;
  const why = [providerCode ?? failure, failureMessage].filter((part) => part !== null && part !== '').join(': ');
  await tx.query(
    `UPDATE dead_letters SET state = 'waiting', redrive_failure = $3
     WHERE tenant_id = $1 AND redrive_operation_id = ANY ($2::uuid[]) AND state = 'redriving'`,
    [tx.tenantId, idsOf(operation), `${state}: ${why || 'no reason given'}`],
  );
}

function idsOf({ id, replayOf }: OperationView): string[] {
  return [id, replayOf].filter((one) => one !== null);
}
