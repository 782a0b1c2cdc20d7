import { Injectable } from '@nestjs/common';
import type { JsonObject, JsonValue } from '@puente/kernel';
import { policyNamed } from '@puente/resilience';
import { LedgerTime } from '../ledger-time';
import { LedgerLog } from '../ledger.log';
import type { LeasedOperation, Settled } from '../operation';
import { PayloadCipher } from '../ports/payload-cipher.port';
import { decide } from '../state-machine';
import { LeaseKeeper } from './lease-keeper';
import { type Settlement, outputOf, settleRow, withExtraTries } from './settlement';
import { SettlementWriter } from './settlement-writer';

export interface SettleContext {
  /** The database's clock, carried on monotonically since the claim. */
  readonly now: Date;
  readonly synchronous?: boolean;
}

/** From what happened to what the ledger says: decide, seal the output, write in a group. */
@Injectable()
export class Settler {
  constructor(
    private readonly writer: SettlementWriter,
    private readonly keeper: LeaseKeeper,
    private readonly cipher: PayloadCipher,
    private readonly time: LedgerTime,
    private readonly log: LedgerLog,
  ) {}

  /** Resolves when the result is committed; waits while PostgreSQL is away. */
  async settle(settlement: Settlement, { now, synchronous = false }: SettleContext): Promise<Settled> {
    const { operation, event, tries } = settlement;
    this.keeper.settling(operation);
    const policy = policyNamed(operation.policy);
    const context = { policy, random: this.time.random, now, synchronous };
    const decision = decide(withExtraTries(operation, tries), event, context);
    const output = await this.sealed(settlement);
    const row = settleRow(settlement, decision, output, { database: now, own: this.time.clock.now() });
    return this.writer.write({ operation, event, synchronous, decision, row });
  }

  executorThrew({ id: operationId, tenantId }: LeasedOperation, error: unknown): void {
    this.log.executorThrew({ operationId, tenantId }, error);
  }

  /** The effect exists whether or not we can keep its answer: a success stays one. */
  private async sealed({ operation, event }: Settlement): Promise<JsonObject | null> {
    const output = outputOf(event);
    if (!output) return null;
    const { id, tenantId } = operation;
    try {
      const value = (output.value ?? null) as JsonValue; // what it is as JSON: an answer of a provider, parsed by its schema
      return await this.cipher.seal({ tenantId, table: 'operations', rowId: id, column: 'output' }, value);
    } catch (error) {
      this.log.outputUnsealed({ operationId: id, tenantId }, error);
      return null;
    }
  }
}
