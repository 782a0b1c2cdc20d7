import type { SQSClient } from '@aws-sdk/client-sqs';

export const QUEUE_OPTIONS = Symbol('QUEUE_OPTIONS');

export interface QueueOptions {
  /** Queues in the platform's own account. Read only while they are bound to a tenant. */
  readonly platformQueueUrls: readonly string[];
  /** With the platform's own credentials, region and endpoint. */
  readonly platformClient: SQSClient;
  /** How long a poll waits for messages, 1 to 20. Stopping waits for the poll under way, so not too long. */
  readonly longPollSeconds: number;
  /** How often every queue is asked how full it is. */
  readonly monitorEveryMs: number;
  /** How long a stopping process waits for polls and batches in hand. */
  readonly drainMs: number;
}
