import { Injectable } from '@nestjs/common';
import type { TenantTransaction } from '@puente/database';
import type { OperationView } from '@puente/ledger';
import { z } from 'zod';
import type { PaymentRow } from './payment';
import { PaymentMoves } from './payment-moves';
import { lockPayment, savePayment } from './payment-rows';
import { PaymentSettings } from './payment-settings';

const Created = z.object({ token: z.string().regex(/^[0-9a-f]{64}$/), url: z.url() });

/** What became of the creation at Webpay. It charges nobody: a lost one is left behind, and the next has another buy order. */
@Injectable()
export class CreateOutcomes {
  constructor(
    private readonly moves: PaymentMoves,
    private readonly settings: PaymentSettings,
  ) {}

  async settled(tx: TenantTransaction, operation: OperationView): Promise<PaymentRow | undefined> {
    const row = await lockPayment(tx, operation.replayOf ?? operation.id);
    if (row?.state !== 'created') return row;
    switch (operation.state) {
      case 'succeeded':
        return this.opened(tx, row, Created.safeParse(operation.output).data);
      case 'rejected':
        return this.moves.move(tx, row, { event: 'not_opened', reason: 'create_refused', data: codesOf(operation) });
      case 'exhausted':
      case 'cancelled':
        return this.moves.move(tx, row, { event: 'not_opened', reason: 'create_failed', data: codesOf(operation) });
      case 'dropped':
      case 'needs_review':
        return this.moves.move(tx, row, { event: 'not_opened', reason: 'create_lost', data: codesOf(operation) });
      case 'queued':
      case 'running':
      case 'unknown':
        return row;
    }
  }

  private async opened(
    tx: TenantTransaction,
    row: PaymentRow,
    created: z.output<typeof Created> | undefined,
  ): Promise<PaymentRow> {
    if (!created) return this.moves.move(tx, row, { event: 'not_opened', reason: 'create_lost' });
    const formExpiresAt = new Date(row.now.getTime() + this.settings.formMs);
    // First the token: when Webpay is asked next depends on whether there is one.
    const known = await savePayment(tx, row.id, { token: created.token, formUrl: created.url, formExpiresAt });
    return this.moves.move(tx, known, { event: 'opened' });
  }
}

export function codesOf({ failure, providerCode, providerStatus }: OperationView) {
  return { failure, code: providerCode, status: providerStatus };
}
