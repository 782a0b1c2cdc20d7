import { findingsOf, type QueueFacts, type Wishes } from './queue-findings';

const arn = (name: string): string => `arn:aws:sqs:us-east-1:123456789012:${name}`;
const policy = (target: string, maxReceiveCount: number | string = 5): string =>
  JSON.stringify({ deadLetterTargetArn: arn(target), maxReceiveCount });

const queueUrl: QueueFacts = {
  QueueArn: arn('n.fifo'),
  FifoQueue: 'true',
  RedrivePolicy: policy('n-dead.fifo'),
  SqsManagedSseEnabled: 'true',
  MessageRetentionPeriod: '345600',
  VisibilityTimeout: '60',
};
const deadLetterQueueUrl: QueueFacts = {
  QueueArn: arn('n-dead.fifo'),
  FifoQueue: 'true',
  SqsManagedSseEnabled: 'true',
  MessageRetentionPeriod: '1209600',
  VisibilityTimeout: '30',
};

function wrong(changes: { queue?: object; dead?: object; wishes?: Wishes } = {}): unknown[] {
  const pair = {
    queueUrl: { ...queueUrl, ...changes.queue },
    deadLetterQueueUrl: { ...deadLetterQueueUrl, ...changes.dead },
  };
  return findingsOf(pair, changes.wishes)
    .filter(({ ok }) => !ok)
    .map(({ about, check, mend }) => [about, check, mend]);
}

describe('what is wrong with a pair of queues', () => {
  it('is nothing when they are as `puente queues create` makes them', () => {
    expect(wrong()).toEqual([]);
    expect(findingsOf({ queueUrl, deadLetterQueueUrl }).map(({ text }) => text)).toContain(
      'queueUrl gives messages up to deadLetterQueueUrl after 5 receives.',
    );
  });

  const mended = { RedrivePolicy: policy('n-dead.fifo') };
  it.each([
    ['no redrive policy', { RedrivePolicy: undefined }],
    ['one to another queue', { RedrivePolicy: policy('other.fifo') }],
    ['one that gives up after a single receive', { RedrivePolicy: policy('n-dead.fifo', '1') }],
    ['something that is no policy', { RedrivePolicy: 'x' }],
  ])('is %s', (_what, queue) => {
    expect(wrong({ queue })).toEqual([['queueUrl', 'redrive', mended]]);
  });

  it('is a dead-letter queue that moves on what is read in it', () => {
    expect(wrong({ dead: { RedrivePolicy: policy('third.fifo') } })).toEqual([
      ['deadLetterQueueUrl', 'redrive', { RedrivePolicy: '' }],
    ]);
  });

  it('is encryption that is missing, or with another key than was asked for', () => {
    expect(wrong({ dead: { SqsManagedSseEnabled: 'false' } })).toEqual([
      ['deadLetterQueueUrl', 'encryption', { SqsManagedSseEnabled: 'true' }],
    ]);
    expect(wrong({ queue: { KmsMasterKeyId: 'alias/a', SqsManagedSseEnabled: 'false' } })).toEqual([]);
    expect(wrong({ queue: { KmsMasterKeyId: 'alias/a' }, wishes: { kmsKeyId: 'alias/b' } })).toEqual([
      ['queueUrl', 'encryption', { KmsMasterKeyId: 'alias/b' }],
      ['deadLetterQueueUrl', 'encryption', { KmsMasterKeyId: 'alias/b' }],
    ]);
  });

  it('is a dead-letter queue that forgets sooner than its queue, and a message that is hidden too shortly', () => {
    expect(wrong({ dead: { MessageRetentionPeriod: '3600' }, queue: { VisibilityTimeout: '5' } })).toEqual([
      ['deadLetterQueueUrl', 'retention', { MessageRetentionPeriod: '1209600' }],
      ['queueUrl', 'visibility', { VisibilityTimeout: '60' }],
    ]);
  });

  it('cannot be mended when a queue is of the other kind', () => {
    expect(wrong({ queue: { FifoQueue: undefined } })).toEqual([['queueUrl', 'fifo', undefined]]);
  });
});
