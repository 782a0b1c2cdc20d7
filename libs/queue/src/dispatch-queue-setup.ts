import { GetQueueAttributesCommand, type SQSClient, SQSServiceException } from '@aws-sdk/client-sqs';
import { createQueuePair, type QueuePair } from './queue-pair';

/** A note is received once, or a few times when PostgreSQL is away; one that comes back more often is of no use. */
const MOST_RECEIVES = 10;
/** Whatever is due longer than this has been found without the queue. */
const RETENTION_S = 3_600;
const DEAD_RETENTION_S = 86_400;

export type DispatchQueues = QueuePair;

/**
 * Makes the dispatch queue and its dead-letter queue in the platform's own account, encrypted. Safe to repeat: a queue
 * that is there stays as it is.
 */
export function createDispatchQueues(client: SQSClient, name: string): Promise<DispatchQueues> {
  const settings = { MessageRetentionPeriod: String(RETENTION_S) };
  return createQueuePair(client, name, { settings, deadRetentionS: DEAD_RETENTION_S, mostReceives: MOST_RECEIVES });
}

/** One thing that was looked at; `text` says how it is, and how it should be when it is wrong. */
export interface DispatchQueueFinding {
  readonly ok: boolean;
  readonly check: 'reachable' | 'type' | 'encryption' | 'dead_letter' | 'retention' | 'delay';
  readonly text: string;
}

/**
 * Whether a queue can carry the notes of DISPATCH_MODE=sqs. They are wake-ups: no setting can lose an operation, but a
 * wrong one makes all of them late.
 */
export async function verifyDispatchQueue(client: SQSClient, queueUrl: string): Promise<DispatchQueueFinding[]> {
  const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] });
  let attributes: Record<string, string>;
  try {
    attributes = (await client.send(command)).Attributes ?? {};
  } catch (error) {
    if (!(error instanceof SQSServiceException)) throw error;
    return [{ ok: false, check: 'reachable', text: `SQS said: ${error.name}: ${error.message}` }];
  }
  const retention = Number(attributes.MessageRetentionPeriod);
  const delay = Number(attributes.DelaySeconds);
  const encrypted = attributes.SqsManagedSseEnabled === 'true' || (attributes.KmsMasterKeyId ?? '') !== '';
  const standard = attributes.FifoQueue !== 'true';
  return [
    { ok: true, check: 'reachable', text: attributes.QueueArn ?? '' },
    { ok: standard, check: 'type', text: standard ? 'standard' : 'FIFO: notes would wait for one another' },
    { ok: encrypted, check: 'encryption', text: encrypted ? 'at rest' : 'none: set SqsManagedSseEnabled' },
    receives(attributes.RedrivePolicy),
    {
      ok: retention <= RETENTION_S,
      check: 'retention',
      text: `${String(retention)} s, at most ${String(RETENTION_S)}`,
    },
    { ok: delay === 0, check: 'delay', text: `${String(delay)} s, should be 0` },
  ];
}

function receives(policy: string | undefined): DispatchQueueFinding {
  const check = 'dead_letter';
  if (policy === undefined)
    return { ok: false, check, text: 'none: a note that cannot be read would come back for ever' };
  const { maxReceiveCount } = JSON.parse(policy) as { maxReceiveCount?: number | string };
  const most = Number(maxReceiveCount);
  return { ok: most >= 3, check, text: `after ${String(most)} receives, at least 3` };
}
