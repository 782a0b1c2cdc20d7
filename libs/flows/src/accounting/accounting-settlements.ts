import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { TenantTransaction } from '@puente/database';
import type { JsonValue } from '@puente/kernel';
import { type OperationView, RepeatRegistry, SettlementRegistry } from '@puente/ledger';
import { AccountingLog } from './accounting-log';
import { AccountingMetrics } from './accounting-metrics';
import { ENTRY_SETTLED } from './entry-operations';
import { endEntry, followRepeats } from './entry-rows';
import { isObject } from './message-json';

/**
 * What follows from calls of Odoo: an entry keeps how it ended, in Odoo's own words, and goes on with a new operation when
 * somebody does the old one again.
 */
@Injectable()
export class AccountingSettlements implements OnModuleInit {
  constructor(
    private readonly registry: SettlementRegistry,
    private readonly repeats: RepeatRegistry,
    private readonly log: AccountingLog,
    private readonly metrics: AccountingMetrics,
  ) {}

  onModuleInit(): void {
    this.registry.register(ENTRY_SETTLED, (tx, operation) => this.ended(tx, operation));
    this.repeats.follow('odoo', (tx, repeats) => followRepeats(tx, repeats));
  }

  private async ended(tx: TenantTransaction, operation: OperationView): Promise<void> {
    const { id: operationId, state, output } = operation;
    const good = state === 'succeeded';
    await endEntry(tx, {
      ...{ operationId, state, settledAt: operation.settledAt },
      code: good ? null : (operation.providerCode ?? operation.failure),
      problem: good ? null : operation.failureMessage,
      odooId: good ? idIn(output) : null,
      duplicate: good ? hadIt(output) : null,
    });
    tx.afterCommit(() => {
      this.metrics.ended(state);
      if (!good) this.log.ended(tx.tenantId, operationId, state);
    });
  }
}

/** The record's number: what `load` says, or what the method answered, alone, first in a list, or as `id`. */
function idIn(output: JsonValue | null): number | null {
  if (!isObject(output ?? undefined)) return null;
  const { id, result } = output as Readonly<Record<string, JsonValue>>;
  const said =
    id ?? (Array.isArray(result) ? (result as readonly JsonValue[])[0] : isObject(result) ? result.id : result);
  return typeof said === 'number' && Number.isSafeInteger(said) && said > 0 ? said : null;
}

function hadIt(output: JsonValue | null): boolean | null {
  if (!isObject(output ?? undefined)) return null;
  const { duplicate, existed } = output as Readonly<Record<string, JsonValue>>;
  const said = duplicate ?? existed;
  return typeof said === 'boolean' ? said : null;
}
