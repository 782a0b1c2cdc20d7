import { Injectable } from '@nestjs/common';
import type { JsonObject, JsonValue } from '@puente/kernel';
import { LedgerLog } from '../ledger.log';
import type { LeasedOperation, Settled } from '../operation';
import { PayloadCipher } from '../ports/payload-cipher.port';
import { Decider, type SettleContext } from './decider';
import { LeaseKeeper } from './lease-keeper';
import { type Settlement, outputOf, settleRow, settleTries } from './settlement';
import { SettlementWriter } from './settlement-writer';

/** From what happened to what the ledger says: decide, seal the output, write in a group. */
@Injectable()
export class Settler {
  constructor(
    private readonly writer: SettlementWriter,
    private readonly keeper: LeaseKeeper,
    private readonly cipher: PayloadCipher,
    private readonly decider: Decider,
    private readonly log: LedgerLog,
  ) {}

  /** Resolves when the result is committed; waits while PostgreSQL is away. */
  async settle(settlement: Settlement, context: SettleContext): Promise<Settled> {
    const { operation, event } = settlement;
    const { now, synchronous = false } = context;
    this.keeper.settling(operation);
    const decision = this.decider.decide(settlement, context);
    const output = await this.sealed(settlement);
    const row = settleRow(settlement, decision, output);
    const tries = settleTries(settlement, { database: now, own: this.decider.time.clock.now() }, synchronous);
    const tookMs = Math.max(0, now.getTime() - operation.createdAt.getTime());
    return this.writer.write({ operation, event, synchronous, decision, row, tries, tookMs });
  }

  executorThrew({ id: operationId, tenantId }: LeasedOperation, error: unknown): void {
    this.log.executorThrew({ operationId, tenantId }, error);
  }

  /** The effect exists whether or not we can keep its answer: a success stays one. */
  private async sealed({ operation, event }: Settlement): Promise<JsonObject | undefined> {
    const output = outputOf(event);
    if (!output) return undefined;
    const { id, tenantId } = operation;
    try {
      const value = (output.value ?? null) as JsonValue; // what it is as JSON: an answer of a provider, parsed by its schema
      return await this.cipher.seal({ tenantId, table: 'operations', rowId: id, column: 'output' }, value);
    } catch (error) {
      this.log.outputUnsealed({ operationId: id, tenantId }, error);
      return undefined;
    }
  }
}
