import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { SqsStandIn } from '@puente/providers/sqs/testing';
import { startTestStandIns, type TestStandIns } from './test-stand-ins';

/** The stand-in of a file of tests, and AWS's own client in front of it. Both are there once `beforeAll` has run. */
export interface SqsAtHand {
  readonly sandbox: TestStandIns;
  readonly sqs: SQSClient;
  /** @returns the URL of the queue it makes */
  queue(name: string, attributes?: Record<string, string>): Promise<string>;
}

/** Starts the stand-in before the first test of a file, empties it before each, and ends it after the last. */
export function useSqsStandIn(): SqsAtHand {
  let sandbox: TestStandIns;
  let sqs: SQSClient;

  beforeAll(async () => {
    sandbox = await startTestStandIns((access) => [new SqsStandIn(access)]);
    const credentials = { accessKeyId: 'AKIDANY', secretAccessKey: 'any' };
    sqs = new SQSClient({ endpoint: sandbox.url, region: 'us-east-1', credentials, maxAttempts: 1 });
  });
  afterAll(async () => {
    sqs.destroy();
    await sandbox.stop();
  });
  beforeEach(() => sandbox.order('reset'));

  return {
    get sandbox() {
      return sandbox;
    },
    get sqs() {
      return sqs;
    },
    queue: async (QueueName, Attributes = {}) =>
      (await sqs.send(new CreateQueueCommand({ QueueName, Attributes }))).QueueUrl ?? '',
  };
}
