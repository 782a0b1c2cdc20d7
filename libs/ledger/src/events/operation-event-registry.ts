import { Injectable } from '@nestjs/common';
import type { OperationEventConsumer, OperationEventHandler } from './operation-event';

/**
 * Who is told what becomes of operations. A flow subscribes at start, in every process: the one that settles an
 * operation writes the event for the consumers it knows, and any worker delivers it. Without consumers nothing is
 * written, and a settle costs what it did.
 */
@Injectable()
export class OperationEventRegistry {
  private readonly handlers = new Map<string, OperationEventHandler>();
  private readonly rows: object[] = [];
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
    this.rows.push({ name, states, providers: providers ?? null, operations: operations ?? null });
    this.encoded = JSON.stringify(this.rows);
  }

  get isEmpty(): boolean {
    return this.rows.length === 0;
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
}
