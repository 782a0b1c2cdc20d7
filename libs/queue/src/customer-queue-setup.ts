import { GetQueueAttributesCommand, type SQSClient, SQSServiceException } from '@aws-sdk/client-sqs';
import { createQueuePair, type QueuePair } from './queue-pair';

/** Longer than reading a batch and committing it takes; a worker that died meanwhile gives its messages back after it. */
const VISIBILITY_S = 60;
/** As many as for notifications: a short trouble of ours makes no dead letters. */
const MOST_RECEIVES = 10;
const RETENTION_S = 345_600;
const DEAD_RETENTION_S = 1_209_600;

/**
 * Makes the queue of customer notifications (S0.5) and its dead-letter queue in the platform's own account, encrypted,
 * with the names that `CUSTOMER_NOTIFICATION_SQS_URL` expects. Safe to repeat: a queue that is there stays as it is.
 */
export function createCustomerQueues(client: SQSClient, name: string): Promise<QueuePair> {
  const settings = { MessageRetentionPeriod: String(RETENTION_S), VisibilityTimeout: String(VISIBILITY_S) };
  return createQueuePair(client, name, { settings, deadRetentionS: DEAD_RETENTION_S, mostReceives: MOST_RECEIVES });
}

/** One thing that was looked at; `text` says how it is, and how it should be when it is wrong. */
export interface CustomerQueueFinding {
  readonly ok: boolean;
  readonly check: 'reachable' | 'encryption' | 'dead_letter' | 'visibility' | 'dead_letter_reachable';
  readonly text: string;
}

/** Whether messages of customers are safe in this queue, and in the one for those that nobody can read. */
export async function verifyCustomerQueues(
  client: SQSClient,
  { queueUrl, deadLetterUrl }: { readonly queueUrl: string; readonly deadLetterUrl: string },
): Promise<CustomerQueueFinding[]> {
  const [queue, dead] = [await attributesOf(client, queueUrl), await attributesOf(client, deadLetterUrl)];
  const deadOk = typeof dead !== 'string';
  const lost = deadOk ? (dead.QueueArn ?? '') : dead;
  const deadLetter = { ok: deadOk, check: 'dead_letter_reachable', text: lost } as const;
  if (typeof queue === 'string') return [{ ok: false, check: 'reachable', text: queue }, deadLetter];
  const visibility = Number(queue.VisibilityTimeout);
  const encrypted = queue.SqsManagedSseEnabled === 'true' || (queue.KmsMasterKeyId ?? '') !== '';
  return [
    { ok: true, check: 'reachable', text: queue.QueueArn ?? '' },
    { ok: encrypted, check: 'encryption', text: encrypted ? 'at rest' : 'none: set SqsManagedSseEnabled' },
    receives(queue.RedrivePolicy, deadOk ? dead.QueueArn : undefined),
    { ok: visibility >= 30, check: 'visibility', text: `${String(visibility)} s, at least 30` },
    deadLetter,
  ];
}

function receives(policy: string | undefined, deadArn: string | undefined): CustomerQueueFinding {
  const check = 'dead_letter';
  if (policy === undefined)
    return { ok: false, check, text: 'none: a message that kills its consumer would come back for ever' };
  const { maxReceiveCount, deadLetterTargetArn } = JSON.parse(policy) as Record<string, number | string | undefined>;
  if (deadArn !== undefined && deadLetterTargetArn !== deadArn)
    return { ok: false, check, text: `goes to ${String(deadLetterTargetArn)}, and is looked for in ${deadArn}` };
  return { ok: Number(maxReceiveCount) >= 3, check, text: `after ${String(maxReceiveCount)} receives, at least 3` };
}

/** Or what SQS said. */
async function attributesOf(client: SQSClient, QueueUrl: string): Promise<Record<string, string> | string> {
  try {
    return (await client.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }))).Attributes ?? {};
  } catch (error) {
    if (!(error instanceof SQSServiceException)) throw error;
    return `SQS said: ${error.name}: ${error.message}`;
  }
}
