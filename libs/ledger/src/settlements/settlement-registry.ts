import { Injectable } from '@nestjs/common';
import type { TenantTransaction } from '@puente/database';
import type { OperationView } from '../operation';

/**
 * What a flow does once an operation of its is settled: writes in the given transaction, nothing outside. It is called
 * again when the operation changes later (a review that was resolved), and again after it threw.
 */
export type SettlementHandler = (tx: TenantTransaction, operation: OperationView) => Promise<void>;

/** Who is told about settled operations: `NewOperation.subscriber` names a handler that a flow registers at start. */
@Injectable()
export class SettlementRegistry {
  private readonly handlers = new Map<string, SettlementHandler>();

  /** @throws when the name is taken: two flows would take each other's settlements */
  register(name: string, handler: SettlementHandler): void {
    if (this.handlers.has(name)) throw new Error(`The settlement handler ${name} is registered twice`);
    this.handlers.set(name, handler);
  }

  get(name: string): SettlementHandler | undefined {
    return this.handlers.get(name);
  }

  /** Only these are looked for: a process tells only the flows that live in it. */
  names(): string[] {
    return [...this.handlers.keys()];
  }
}
