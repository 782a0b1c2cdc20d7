import type { SQSClient } from '@aws-sdk/client-sqs';

/** Whose queue it is. The queue's address identifies the tenant; no message is trusted to name one. */
export interface QueueBinding {
  readonly tenantId: string;
  readonly queueUrl: string;
  readonly deadLetterUrl: string;
  /** The tenant's sqs account that reaches the queue. */
  readonly integration: string;
}

/** All queues that are to be read. Queues come and go at run time, so this is asked again and again. */
export abstract class QueueBindings {
  abstract all(): Promise<readonly QueueBinding[]>;
}

export interface TenantQueueClient {
  readonly client: SQSClient;
  /** Changes with the credentials behind the client: the supervisor then reads with the new ones. */
  readonly version: string;
}

/** Builds the client for a tenant's own queue from the tenant's credentials, and from nothing else. */
export abstract class QueueClients {
  /**
   * A client of its own for the caller, who destroys it; undefined when the credentials are still `current`.
   * @throws when the tenant has no usable credentials; the supervisor asks again later.
   */
  abstract open(binding: QueueBinding, current: string | undefined): Promise<TenantQueueClient | undefined>;
}

/** Whether what the handlers write to is there. While it is not, nothing is taken out of any queue. */
export abstract class PollingHealth {
  abstract isHealthy(): Promise<boolean>;
}
