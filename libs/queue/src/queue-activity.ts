import { Injectable } from '@nestjs/common';
import { Clock } from '@puente/kernel';
import type { QueueMessage } from './queue-message';

interface Seen {
  nothingAt: number | undefined;
  oldestAgeMs: number;
  received: number;
  buried: number;
}

/** What the consumers of this process have seen, per queue. In memory: a restart knows nothing, which is the safe side. */
@Injectable()
export class QueueActivity {
  private readonly queues = new Map<string, Seen>();

  constructor(private readonly clock: Clock) {}

  received(url: string, messages: readonly QueueMessage[]): void {
    const seen = this.seen(url);
    const now = this.clock.now().getTime();
    seen.received += messages.length;
    seen.oldestAgeMs = Math.max(0, ...messages.map(({ sentAt }) => now - (sentAt?.getTime() ?? now)));
  }

  /** A whole long poll brought nothing: whatever was ever sent has been received or is in somebody's hands. */
  sawNothing(url: string): void {
    const seen = this.seen(url);
    seen.nothingAt = this.clock.now().getTime();
    seen.oldestAgeMs = 0;
  }

  buried(url: string): void {
    this.seen(url).buried += 1;
  }

  /** When this process last found the queue empty. */
  lastEmptyAt(url: string): Date | undefined {
    const at = this.queues.get(url)?.nothingAt;
    return at === undefined ? undefined : new Date(at);
  }

  /** Age of the oldest message of the last batch; SQS itself tells the age to CloudWatch only. */
  oldestAgeMs(url: string): number {
    return this.queues.get(url)?.oldestAgeMs ?? 0;
  }

  totals(url: string): { readonly received: number; readonly buried: number } {
    const { received, buried } = this.queues.get(url) ?? { received: 0, buried: 0 };
    return { received, buried };
  }

  private seen(url: string): Seen {
    let seen = this.queues.get(url);
    if (!seen) this.queues.set(url, (seen = { nothingAt: undefined, oldestAgeMs: 0, received: 0, buried: 0 }));
    return seen;
  }
}
