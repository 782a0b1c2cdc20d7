import { Injectable } from '@nestjs/common';
import type { OperationEventConsumer, OperationEventHandler } from './operation-event';

/** A consumer as the statements that end operations read it; null: all. */
interface Consumer {
  readonly name: string;
  readonly states: readonly string[];
  readonly providers: readonly string[] | null;
  readonly operations: readonly string[] | null;
  tenants: readonly string[] | null;
}

/** What is known of an operation before it is settled. */
interface Ending {
  readonly tenantId: string;
  readonly provider: string;
  readonly operation: string;
}

/**
 * Who is told what becomes of operations. A flow subscribes at start, in every process: the one that settles an
 * operation writes the event for the consumers it knows, and any worker delivers it. Without consumers nothing is
 * written, and a settle costs what it did.
 */
@Injectable()
export class OperationEventRegistry {
  private readonly handlers = new Map<string, OperationEventHandler>();
  private readonly rows: Consumer[] = [];
  private encoded = '[]';

  /**
   * From now on: what ended before is not told.
   *
   * @throws when the name is taken: two consumers would take each other's events
   */
  subscribe(consumer: OperationEventConsumer, handler: OperationEventHandler): void {
    const { name, types, providers, operations } = consumer;
    if (this.handlers.has(name)) throw new Error(`The consumer ${name} of operation events is subscribed twice`);
    this.handlers.set(name, handler);
    const states = types.map((type) => type.slice('operation.'.length));
    const row = { name, states, providers: providers ?? null, operations: operations ?? null, tenants: null };
    this.rows.push(row);
    this.encode();
  }

  /**
   * For a consumer that few tenants need: from now on, and until this is said again, only their operations write events
   * for it in this process. Each process says it for itself.
   */
  limitTo(consumer: string, tenants: readonly string[]): void {
    const row = this.rows.find(({ name }) => name === consumer);
    if (!row) throw new Error(`The consumer ${consumer} of operation events is not subscribed`);
    row.tenants = tenants;
    this.encode();
  }

  get isEmpty(): boolean {
    return this.rows.length === 0;
  }

  /** Whether anybody hears of it when such an operation comes to that state: if not, its settle need not look for them. */
  wants({ tenantId, provider, operation }: Ending, state: string): boolean {
    return this.rows.some(
      ({ states, providers, operations, tenants }) =>
        states.includes(state) &&
        (providers?.includes(provider) ?? true) &&
        (operations?.includes(`${provider}.${operation}`) ?? true) &&
        (tenants?.includes(tenantId) ?? true),
    );
  }

  /** As the statements that end operations read them. */
  get consumers(): string {
    return this.encoded;
  }

  handler(name: string): OperationEventHandler | undefined {
    return this.handlers.get(name);
  }

  names(): string[] {
    return [...this.handlers.keys()];
  }

  private encode(): void {
    this.encoded = JSON.stringify(this.rows.filter(({ tenants }) => tenants?.length !== 0));
  }
}
