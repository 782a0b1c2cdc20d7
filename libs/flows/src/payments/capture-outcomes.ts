import { Injectable } from '@nestjs/common';
import type { TenantTransaction } from '@puente/database';
import type { OperationView } from '@puente/ledger';
import { z } from 'zod';
import { codesOf } from './create-outcomes';
import type { PaymentRow } from './payment';
import { recordEvent } from './payment-history';
import { PaymentMoves } from './payment-moves';
import { lockByOperation, savePayment } from './payment-rows';

const Captured = z.object({ capturedAmount: z.number().int() });

/** What became of a capture. One that was refused leaves room for another; one whose answer was lost does not. */
@Injectable()
export class CaptureOutcomes {
  constructor(private readonly moves: PaymentMoves) {}

  async settled(tx: TenantTransaction, operation: OperationView): Promise<PaymentRow | undefined> {
    const row = await lockByOperation(tx, 'capture', operation);
    if (row?.state !== 'paid') return row;
    switch (operation.state) {
      case 'succeeded': {
        const captured = Captured.safeParse(operation.output).data?.capturedAmount ?? row.approvedAmount;
        const patch = { capturedAmount: captured };
        return this.moves.move(tx, row, { event: 'capture_applied', patch, data: { amount: captured } });
      }
      case 'rejected':
      case 'exhausted':
      case 'cancelled':
        return this.notMade(tx, row, codesOf(operation));
      case 'needs_review':
        return this.moves.flag(tx, row, 'capture_unclear', codesOf(operation));
      case 'queued':
      case 'running':
      case 'unknown':
      case 'dropped':
        return row;
    }
  }

  /** Nothing was captured: it may be asked for again. */
  async notMade(
    tx: TenantTransaction,
    row: PaymentRow,
    data: Readonly<Record<string, string | number | null>>,
  ): Promise<PaymentRow> {
    await recordEvent(tx, row.id, { type: 'capture.refused', data });
    return savePayment(tx, row.id, { captureOperationId: null });
  }
}
