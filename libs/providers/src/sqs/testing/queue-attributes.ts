import { invalidValue, sqsError } from './sqs-wire.errors';

export type QueueAttributes = Readonly<Record<string, string>>;

/** Whole numbers with their limits and defaults: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html */
const NUMBERS: Readonly<Record<string, { min: number; max: number; usual?: number }>> = {
  VisibilityTimeout: { min: 0, max: 43_200, usual: 30 },
  MaximumMessageSize: { min: 1_024, max: 1_048_576, usual: 1_048_576 },
  MessageRetentionPeriod: { min: 60, max: 1_209_600, usual: 345_600 },
  DelaySeconds: { min: 0, max: 900, usual: 0 },
  ReceiveMessageWaitTimeSeconds: { min: 0, max: 20, usual: 0 },
  KmsDataKeyReusePeriodSeconds: { min: 60, max: 86_400 },
};
const CHOICES: Readonly<Record<string, readonly string[]>> = {
  SqsManagedSseEnabled: ['true', 'false'],
  ContentBasedDeduplication: ['true', 'false'],
  DeduplicationScope: ['queue', 'messageGroup'],
  FifoThroughputLimit: ['perQueue', 'perMessageGroupId'],
};
const FIFO_ONLY = ['ContentBasedDeduplication', 'DeduplicationScope', 'FifoThroughputLimit'];
const TEXTS = ['Policy', 'RedrivePolicy', 'RedriveAllowPolicy', 'KmsMasterKeyId'];
/** Answered by GetQueueAttributes but made, not set. */
export const MADE_ATTRIBUTES = [
  'QueueArn',
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
  'CreatedTimestamp',
  'LastModifiedTimestamp',
] as const;
const SETTABLE = [...Object.keys(NUMBERS), ...Object.keys(CHOICES), ...TEXTS];

export function isQueueAttribute(name: string): boolean {
  return name === 'FifoQueue' || SETTABLE.includes(name) || (MADE_ATTRIBUTES as readonly string[]).includes(name);
}

/** @throws AwsError with AWS's words when the name does not fit the kind of queue. */
export function assertQueueName(name: string, attributes: QueueAttributes): void {
  const fifo = attributes.FifoQueue === 'true';
  if (fifo) {
    if (/^[\w-]{1,75}\.fifo$/.test(name)) return;
    throw sqsError(
      'InvalidParameterValueException',
      'The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.',
    );
  }
  if (attributes.FifoQueue !== undefined) throw sqsError('InvalidAttributeName', 'Unknown Attribute FifoQueue.');
  if (/^[\w-]{1,80}$/.test(name)) return;
  throw sqsError(
    'InvalidParameterValueException',
    'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length',
  );
}

export function defaultAttributes(fifo: boolean): QueueAttributes {
  const numbers = Object.entries(NUMBERS).flatMap(([name, { usual }]) =>
    usual === undefined ? [] : [[name, String(usual)]],
  );
  const ofFifo = fifo
    ? {
        FifoQueue: 'true',
        ContentBasedDeduplication: 'false',
        DeduplicationScope: 'queue',
        FifoThroughputLimit: 'perQueue',
      }
    : {};
  return { ...(Object.fromEntries(numbers) as QueueAttributes), SqsManagedSseEnabled: 'true', ...ofFifo };
}

/** Checks what can be checked without other queues. `FifoQueue` is settled by {@link assertQueueName}. */
export function assertAttributes(attributes: QueueAttributes, fifo: boolean): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'FifoQueue') continue;
    if (FIFO_ONLY.includes(name) && !fifo) {
      throw sqsError('InvalidAttributeName', `You can specify the ${name} only when FifoQueue is set to true.`);
    }
    if (!SETTABLE.includes(name)) throw sqsError('InvalidAttributeName', `Unknown Attribute ${name}.`);
    if (!fits(name, value)) throw sqsError('InvalidAttributeValue', `Invalid value for the parameter ${name}.`);
  }
  if (attributes.KmsMasterKeyId && attributes.SqsManagedSseEnabled === 'true') {
    throw sqsError(
      'InvalidAttributeName',
      'You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.',
    );
  }
  assertRedrivePolicy(attributes.RedrivePolicy);
}

function fits(name: string, value: string): boolean {
  const limits = NUMBERS[name];
  if (limits) return /^\d{1,9}$/.test(value) && Number(value) >= limits.min && Number(value) <= limits.max;
  return CHOICES[name]?.includes(value) ?? true;
}

function assertRedrivePolicy(text: string | undefined): void {
  if (!text) return;
  const { deadLetterTargetArn, maxReceiveCount } = parsePolicy(text);
  if (typeof deadLetterTargetArn !== 'string' || !/^arn:[\w-]+:sqs:[\w-]+:\d{12}:[\w.-]+$/.test(deadLetterTargetArn)) {
    throw invalidValue('RedrivePolicy', text, 'Invalid value for deadLetterTargetArn.');
  }
  const count = Number(maxReceiveCount);
  if (!Number.isInteger(count) || count < 1 || count > 1_000) {
    const shown = JSON.stringify(maxReceiveCount) || 'null';
    throw invalidValue(
      'RedrivePolicy',
      text,
      `Invalid value for maxReceiveCount: ${shown}, valid values are from 1 to 1000 both inclusive.`,
    );
  }
}

function parsePolicy(text: string): { deadLetterTargetArn?: unknown; maxReceiveCount?: unknown } {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) return parsed;
  } catch {
    // The same refusal as for JSON of another shape.
  }
  throw invalidValue('RedrivePolicy', text, 'Redrive policy is not a valid JSON map.');
}

/** The attributes after a change: an empty text removes, and one kind of encryption at rest replaces the other. */
export function changedAttributes(before: QueueAttributes, change: QueueAttributes): QueueAttributes {
  const merged: Record<string, string> = { ...before, ...change };
  if (change.KmsMasterKeyId) merged.SqsManagedSseEnabled = 'false';
  if (change.SqsManagedSseEnabled === 'true') delete merged.KmsMasterKeyId;
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== ''));
}
