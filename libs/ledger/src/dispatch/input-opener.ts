import type { CancelSignal } from '@puente/kernel';
import { Injectable } from '@nestjs/common';
import { isDatabaseAway } from '@puente/database';
import { LedgerTime } from '../ledger-time';
import { LedgerLog } from '../ledger.log';
import type { LeasedOperation } from '../operation';
import { isForAnotherProcess, PayloadCipher } from '../ports/payload-cipher.port';
import type { RunEvent } from '../run-event';
import { type Claim, leasedOperation } from './claimed-row';

/** Before an operation is given back because this process cannot open it just now. */
const AWAY_WAIT_MS = 1_000;

/** Opens inputs, and says which do not open. */
@Injectable()
export class InputOpener {
  constructor(
    private readonly cipher: PayloadCipher,
    private readonly time: LedgerTime,
    private readonly log: LedgerLog,
  ) {}

  async open(
    claim: Claim,
    signal: CancelSignal,
  ): Promise<{ readonly operation: LeasedOperation; readonly unreadable?: RunEvent }> {
    const { row } = claim;
    const { id: operationId, tenant_id: tenantId } = row;
    try {
      const place = { tenantId, table: 'operations', rowId: operationId, column: 'input' };
      return { operation: leasedOperation(claim, await this.cipher.open(place, row.input)) };
    } catch (error) {
      const operation = leasedOperation(claim, null);
      const isForAnother = isForAnotherProcess(error);
      if (isForAnother) this.log.keyMissing({ operationId, tenantId }, error);
      if (isForAnother || isDatabaseAway(error)) {
        await this.time.clock.sleep(AWAY_WAIT_MS, signal);
        return { operation, unreadable: { kind: 'released' } };
      }
      this.log.payloadUnreadable({ operationId, tenantId, column: 'input' }, error);
      return { operation, unreadable: { kind: 'unreadable' } };
    }
  }
}
