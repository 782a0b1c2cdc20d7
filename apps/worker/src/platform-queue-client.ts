import { SQSClient } from '@aws-sdk/client-sqs';
import type { AppConfig } from '@puente/config';

/**
 * For the queues of our own account, with our own credentials as AWS's SDK finds them (environment, profile, instance).
 * Only these: a tenant's queue is never read with them. Retries are off; the consumer polls again anyway.
 */
export function platformQueueClient(config: Pick<AppConfig, 'AWS_REGION' | 'AWS_ENDPOINT_URL'>): SQSClient {
  const { AWS_REGION: region, AWS_ENDPOINT_URL: endpoint } = config;
  return new SQSClient({
    region,
    ...(endpoint === undefined ? {} : { endpoint, useQueueUrlAsEndpoint: false }),
    maxAttempts: 1,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 30_000, throwOnRequestTimeout: true },
  });
}
