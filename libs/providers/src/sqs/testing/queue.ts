import { LongPolls } from './long-polls';
import type { QueueAttributes } from './queue-attributes';

export interface QueueRow {
  readonly id: string;
  readonly account: string;
  readonly name: string;
  readonly region: string;
  readonly attributes: QueueAttributes;
  readonly tags: Readonly<Record<string, string>>;
  readonly created_at: Date;
  readonly modified_at: Date;
}

export interface RedrivePolicy {
  readonly deadLetterTargetArn: string;
  readonly maxReceiveCount: number;
}

/** A queue as this process knows it: its row, who waits on it, and whose turn it is. One object per queue. */
export class Queue {
  readonly polls = new LongPolls();
  private last: Promise<unknown> = Promise.resolve();
  deleted = false;

  constructor(public row: QueueRow) {}

  get id(): string {
    return this.row.id;
  }

  get fifo(): boolean {
    return this.row.name.endsWith('.fifo');
  }

  get arn(): string {
    return `arn:aws:sqs:${this.row.region}:${this.row.account}:${this.row.name}`;
  }

  /** @param host as in the request: the address must work for whoever asked. */
  url(host: string): string {
    return `http://${host}/${this.row.account}/${this.row.name}`;
  }

  /** An attribute with a default; `queue-attributes.ts` puts the defaults in at creation. */
  number(name: string): number {
    return Number(this.row.attributes[name] ?? 0);
  }

  get redrivePolicy(): RedrivePolicy | undefined {
    const text = this.row.attributes.RedrivePolicy;
    if (!text) return undefined;
    const policy = JSON.parse(text) as { deadLetterTargetArn: string; maxReceiveCount: number | string };
    return { deadLetterTargetArn: policy.deadLetterTargetArn, maxReceiveCount: Number(policy.maxReceiveCount) };
  }

  /** Runs one piece of work at a time, in the order of asking. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.last.then(work, work);
    this.last = result.catch(() => undefined);
    return result;
  }
}
