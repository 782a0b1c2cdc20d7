import { sqsError } from './sqs-wire.errors';

/** Names one receive of one message, not the message: a later receive makes a new handle. */
export interface ReceiptHandle {
  readonly queueId: string;
  readonly seq: string;
  readonly receipt: string;
}

/** A handle as a client sent it; refusals repeat its text. */
export interface GivenHandle extends ReceiptHandle {
  readonly text: string;
}

export function encodeHandle({ queueId, seq, receipt }: ReceiptHandle): string {
  return Buffer.from(`${queueId}:${seq}:${receipt}`).toString('base64');
}

/** @throws AwsError `ReceiptHandleIsInvalid` for text that is no handle, or the handle of another queue. */
export function decodeHandle(text: string, queueId: string): GivenHandle {
  const match = /^(\d+):(\d+):([0-9a-f-]{36})$/.exec(Buffer.from(text, 'base64').toString('latin1'));
  const [, owner, seq, receipt] = match ?? [];
  if (owner !== queueId || !seq || !receipt) {
    throw sqsError('ReceiptHandleIsInvalid', `The input receipt handle "${text}" is not a valid receipt handle.`);
  }
  return { queueId, seq, receipt, text };
}
