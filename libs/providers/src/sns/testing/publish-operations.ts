import type { AwsOperation } from '@puente/integrations/testing';
import type { Message } from './outgoing-message';
import { fifoIdentity, MAX_BYTES, sizeOf, toMessage } from './outgoing-message';
import type { Published, Publisher, TopicEntry } from './publisher';
import { invalidParameter, snsError } from './sns-wire.errors';
import type { Publish } from './sns-wire.schemas';
import * as wire from './sns-wire.schemas';
import { isPhoneNumber } from './subscription-operations';
import type { Topic, TopicStore } from './topic-store';
import { assertTopicArn } from './topic-store';
import { snsOperation } from './topic-operations';

export function publishOperations(topics: TopicStore, publisher: Publisher): Record<string, AwsOperation> {
  return {
    Publish: snsOperation('Publish', wire.Publish, async ({ region }, input) => {
      if (input.PhoneNumber !== undefined) {
        assertPhoneNumber(input.PhoneNumber);
        return { output: toOutput(await publisher.toPhone(input.PhoneNumber, toMessage(input))) };
      }
      const [arn, parameter] = target(input);
      const message = toMessage(input);
      assertTopicArn(arn, parameter, region);
      const topic = await topics.topic(arn);
      const [published] = await publisher.toTopic(topic, await topics.subscriptionsOf(arn), 'Publish', [
        entryOf(topic, message),
      ]);
      return { output: published ? toOutput(published) : {} };
    }),
    PublishBatch: snsOperation('PublishBatch', wire.PublishBatch, async ({ region }, input) => {
      const entries = input.PublishBatchRequestEntries;
      assertBatch(entries);
      assertTopicArn(input.TopicArn, 'TopicArn', region);
      const topic = await topics.topic(input.TopicArn);
      const messages = entries.map((entry) => entryOf(topic, toMessage(entry)));
      const published = await publisher.toTopic(
        topic,
        await topics.subscriptionsOf(topic.arn),
        'PublishBatch',
        messages,
      );
      const successful = published.map((one, index) => ({ Id: entries[index]?.Id, ...toOutput(one) }));
      return { output: { Successful: successful, Failed: [] } };
    }),
  };
}

/** A topic may be named by either parameter. */
function target({ TopicArn, TargetArn }: Publish): [arn: string, parameter: string] {
  if (TopicArn !== undefined) return [TopicArn, 'TopicArn'];
  if (TargetArn !== undefined) return [TargetArn, 'TargetArn'];
  throw invalidParameter('TopicArn or TargetArn Reason: no value for required parameter');
}

function entryOf(topic: Topic, message: Message): TopicEntry {
  return { message, identity: fifoIdentity(topic, message) };
}

function toOutput({ messageId, sequenceNumber }: Published): Record<string, string> {
  return { MessageId: messageId, ...(sequenceNumber === undefined ? {} : { SequenceNumber: sequenceNumber }) };
}

function assertPhoneNumber(phoneNumber: string): void {
  if (!isPhoneNumber(phoneNumber))
    throw invalidParameter(`PhoneNumber Reason: ${phoneNumber} is not valid to publish to`);
}

function assertBatch(entries: readonly ({ readonly Id: string } & wire.Outgoing)[]): void {
  if (entries.length === 0) throw snsError('EmptyBatchRequest', "The batch request doesn't contain any entries.");
  if (entries.length > 10) {
    throw snsError('TooManyEntriesInBatchRequest', 'The batch request contains more entries than permissible.');
  }
  if (new Set(entries.map(({ Id }) => Id)).size < entries.length) {
    throw snsError('BatchEntryIdsNotDistinct', 'Two or more batch entries in the request have the same Id.');
  }
  if (entries.some(({ Id }) => !/^[\w-]{1,80}$/.test(Id))) {
    throw snsError(
      'InvalidBatchEntryId',
      "The Id of a batch entry in a batch request doesn't abide by the specification.",
    );
  }
  if (entries.reduce((sum, entry) => sum + sizeOf(entry), 0) > MAX_BYTES) {
    throw snsError('BatchRequestTooLong', 'The length of all the messages put together is more than the limit.');
  }
}
