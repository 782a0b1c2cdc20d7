import type { Failure } from '@puente/kernel';
import type { BatchErrorEntry } from './aws-batch';
import { settleBatch } from './aws-batch';
import { classifyAwsError } from './classify-aws-error';

const failed = (Id: string, Code: string, SenderFault: boolean): BatchErrorEntry => ({
  Id,
  Code,
  SenderFault,
  Message: 'm',
});

function failure(ids: string[], entries: BatchErrorEntry[]): Failure {
  try {
    settleBatch(ids, [], entries);
  } catch (error) {
    return classifyAwsError(error);
  }
  throw new Error('the batch was taken for a success');
}

describe('a batch of which one entry was done', () => {
  it('is a success that says of every other entry whether it may be sent again', () => {
    const answer = settleBatch(
      ['a', 'b', 'c', 'd', 'e'],
      [{ id: 'b', messageId: '1' }],
      [
        failed('a', 'InvalidMessageContents', true),
        failed('c', 'InternalError', false),
        failed('d', 'RequestThrottled', true),
        failed('e', 'KmsAccessDenied', true),
      ],
    );

    expect(answer.successful).toEqual([{ id: 'b', messageId: '1' }]);
    expect(answer.failed).toEqual([
      { id: 'a', code: 'InvalidMessageContents', message: 'm', outcome: 'rejected' },
      { id: 'c', code: 'InternalError', message: 'm', outcome: 'unknown' },
      { id: 'd', code: 'RequestThrottled', message: 'm', outcome: 'throttled' },
      { id: 'e', code: 'KmsAccessDenied', message: 'm', outcome: 'rejected' },
    ]);
  });
});

describe('a batch of which nothing was done', () => {
  it.each<[string, BatchErrorEntry[], Partial<Failure>]>([
    [
      'rejected when all entries are',
      [failed('a', 'InvalidMessageContents', true), failed('b', 'X', true)],
      { kind: 'rejected', code: 'InvalidMessageContents' },
    ],
    [
      'throttled when one is, since the others will be refused again',
      [failed('a', 'X', true), failed('b', 'ThrottlingException', false)],
      { kind: 'throttled', code: 'ThrottlingException' },
    ],
    [
      'unauthorized when one is',
      [failed('a', 'AccessDenied', true), failed('b', 'Throttling', true)],
      { kind: 'unauthorized', code: 'AccessDenied' },
    ],
    [
      'unknown when one may have been done',
      [failed('a', 'AccessDenied', true), failed('b', 'InternalError', false)],
      { kind: 'unknown', cause: 'server_error', code: 'InternalError' },
    ],
  ])('is %s', (_name, entries, expected) => {
    expect(failure(['a', 'b'], entries)).toMatchObject(expected);
  });
});

describe('an answer that does not account for every entry', () => {
  it.each([
    ['one is missing', ['a', 'b'], [failed('a', 'X', true)]],
    ['one is answered twice', ['a'], [failed('a', 'X', true), failed('a', 'X', true)]],
    ['one was never sent', ['a'], [failed('z', 'X', true)]],
    ['none is there', ['a'], []],
  ])('is unreadable: %s', (_name, ids, entries) => {
    expect(failure(ids, entries)).toMatchObject({ kind: 'unknown', cause: 'bad_body' });
  });
});
