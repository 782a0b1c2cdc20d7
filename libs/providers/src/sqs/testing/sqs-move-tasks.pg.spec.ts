import { setTimeout as sleep } from 'node:timers/promises';
import {
  CancelMessageMoveTaskCommand,
  GetQueueAttributesCommand,
  ListMessageMoveTasksCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import type { ListMessageMoveTasksResultEntry } from '@aws-sdk/client-sqs';
import { useSqsStandIn } from '../../../../../test/support/sqs-stand-in.fixture';

const arn = (name: string): string => `arn:aws:sqs:us-east-1:000000000000:${name}`;

describe('SQS stand-in: message move tasks', () => {
  const standIn = useSqsStandIn();
  let source: string;
  let dead: string;

  beforeEach(async () => {
    dead = await standIn.queue('dead');
    source = await standIn.queue('orders', {
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arn('dead'), maxReceiveCount: 1 }),
    });
  });

  const send = (QueueUrl: string, MessageBody: string) =>
    standIn.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
  const receive = async (QueueUrl: string): Promise<(string | undefined)[]> => {
    const command = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, VisibilityTimeout: 0 });
    return ((await standIn.sqs.send(command)).Messages ?? []).map(({ Body }) => Body).sort();
  };
  const depth = async (QueueUrl: string): Promise<number> => {
    const { Attributes } = await standIn.sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }),
    );
    return Number(Attributes?.ApproximateNumberOfMessages);
  };
  const start = async (
    more: { DestinationArn?: string; MaxNumberOfMessagesPerSecond?: number } = {},
  ): Promise<string | undefined> =>
    (await standIn.sqs.send(new StartMessageMoveTaskCommand({ SourceArn: arn('dead'), ...more }))).TaskHandle;
  /** Polls the newest task until it is not running, at most five seconds. */
  const finished = async (): Promise<ListMessageMoveTasksResultEntry | undefined> => {
    for (let tries = 0; tries < 100; tries += 1) {
      const { Results } = await standIn.sqs.send(new ListMessageMoveTasksCommand({ SourceArn: arn('dead') }));
      if (Results?.[0]?.Status !== 'RUNNING') return Results?.[0];
      await sleep(50);
    }
    throw new Error('The task is still running.');
  };

  it('puts messages back where they came from, as new ones', async () => {
    for (const body of ['1', '2', '3']) await send(source, body);
    await receive(source);
    await receive(source);
    expect([await depth(source), await depth(dead)]).toEqual([0, 3]);

    await start();
    expect(await finished()).toMatchObject({
      Status: 'COMPLETED',
      ApproximateNumberOfMessagesMoved: 3,
      ApproximateNumberOfMessagesToMove: 3,
    });
    expect(await depth(dead)).toBe(0);
    expect(await receive(source)).toEqual(['1', '2', '3']);
  });

  it('puts messages elsewhere when asked to', async () => {
    const spare = await standIn.queue('spare');
    await send(dead, 'x');
    await start({ DestinationArn: arn('spare') });
    expect(await finished()).toMatchObject({ Status: 'COMPLETED', DestinationArn: arn('spare') });
    expect(await receive(spare)).toEqual(['x']);
  });

  it('says so when a message came from nowhere', async () => {
    await send(dead, 'x');
    await start();
    expect(await finished()).toMatchObject({ Status: 'FAILED', FailureReason: 'CouldNotDetermineMessageSource' });
    expect(await depth(dead)).toBe(1);
  });

  it('keeps to its pace, runs alone, goes on after a restart, and can be cancelled', async () => {
    for (let i = 0; i < 30; i += 1) await send(dead, String(i));
    const TaskHandle = await start({ DestinationArn: arn('orders'), MaxNumberOfMessagesPerSecond: 5 });
    await expect(start()).rejects.toThrow('There is already a task running.');
    await standIn.sandbox.restart();
    await standIn.sqs.send(new CancelMessageMoveTaskCommand({ TaskHandle }));
    const task = await finished();
    expect(task?.Status).toBe('CANCELLED');
    expect(await depth(dead)).toBeGreaterThan(0);
    await expect(standIn.sqs.send(new CancelMessageMoveTaskCommand({ TaskHandle }))).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
  });

  it("refuses a source that is nobody's dead-letter queue, or not there", async () => {
    const from = (name: string) => standIn.sqs.send(new StartMessageMoveTaskCommand({ SourceArn: arn(name) }));
    await expect(from('orders')).rejects.toThrow('Source queue must be configured as a Dead Letter Queue.');
    await expect(from('nothing')).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
      $metadata: { httpStatusCode: 404 },
    });
  });
});
