import { SQSClient } from '@aws-sdk/client-sqs';

/** Where the platform's own queues are. */
export interface PlatformAws {
  readonly region: string;
  /** When it is not AWS itself. */
  readonly endpoint: string | undefined;
}

/**
 * For the queues of our own account, with our own credentials as AWS's SDK finds them (environment, profile, instance).
 * Only these: a tenant's queue is never read with them. Retries are off; whoever polls or sends decides what follows.
 */
export function platformQueueClient({ region, endpoint }: PlatformAws): SQSClient {
  return new SQSClient({
    region,
    ...(endpoint === undefined ? {} : { endpoint, useQueueUrlAsEndpoint: false }),
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 30_000, throwOnRequestTimeout: true },
  });
}
