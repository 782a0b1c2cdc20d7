import type { QueueBinding } from './queue-bindings.port';
import type { QueueMessage } from './queue-message';

/**
 * What becomes of one message.
 *
 * - `done`: it is written down; delete it.
 * - `retry`: leave it in the queue. The rest of its group in the batch must be left too, or order breaks.
 *   `unavailable` says that not the message but our own database is in trouble: polling pauses until it is back.
 * - `dead`: it can never be handled; move it to the dead-letter queue now, with the reason.
 */
export type Verdict =
  | { readonly kind: 'done' }
  | { readonly kind: 'retry'; readonly unavailable?: boolean }
  | { readonly kind: 'dead'; readonly reason: string };

/** What reads a queue. One handler serves all queues; which tenant it works for is told by the queue it came from. */
export abstract class QueueBatchHandler {
  /**
   * Takes up to ten messages in the order in which the queue gave them, and answers one verdict per message in the same
   * order. What is answered `done` must be committed. May throw: then every message is left in the queue.
   */
  abstract handle(messages: readonly QueueMessage[], queue: QueueBinding): Promise<readonly Verdict[]>;
}
