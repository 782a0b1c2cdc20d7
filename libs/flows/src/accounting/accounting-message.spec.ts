import type { QueueMessage } from '@puente/queue';
import { readBody, readQueueMessage } from './accounting-message';
import { readAttributes, writtenAttributes } from './message-attributes';
import { Unusable } from './unusable';

const message = (body: string, attributes: object = {}): QueueMessage => ({
  ...{ id: 'm', body, groupId: '', deduplicationId: '', receiveCount: 1, sentAt: undefined },
  attributes: attributes as QueueMessage['attributes'],
});

describe('a message of the accounting queue', () => {
  it.each([
    ['as SQS writes them', { accountId: { DataType: 'Number', StringValue: '77' }, model: { DataType: 'String', StringValue: 'res.partner' } }], // prettier-ignore
    ['as a Lambda event writes them', { accountId: { dataType: 'Number', stringValue: '77' }, model: { dataType: 'String', stringValue: 'res.partner' } }], // prettier-ignore
    ['as bare values', { accountId: 77, model: 'res.partner' }],
  ])('has its attributes %s', (_, given) => {
    expect(readAttributes(given)).toEqual({ accountId: 77, model: 'res.partner' });
  });

  it('keeps every digit of a number that is no safe integer', () => {
    const given = { a: { DataType: 'Number', StringValue: '12345678901234567890' }, b: { DataType: 'Number.decimal', StringValue: '0.10' } }; // prettier-ignore

    expect(readAttributes(given)).toEqual({ a: { $decimal: '12345678901234567890' }, b: { $decimal: '0.10' } });
  });

  it.each(['NaN', '1e5', 'Infinity', '', ' 7'])('is refused for a number that is none: %j', (StringValue) => {
    expect(readAttributes({ a: { DataType: 'Number', StringValue } })).toBeInstanceOf(Unusable);
  });

  it('is written as its producers write it', () => {
    const attributes = { method: 'create_finalitix_partner', accountId: 77, finalitixUserId: 'u-17' };

    expect(writtenAttributes(attributes)).toEqual({
      method: { type: 'String', value: 'create_finalitix_partner' },
      accountId: { type: 'Number', value: '77' },
      finalitixUserId: { type: 'String', value: 'u-17' },
    });
  });

  it.each([
    ['{}', {}],
    ['', {}],
    ['"{\\"a\\": 1}"', { a: 1 }],
    ['{"amount": 99999999999999.99}', { amount: { $decimal: '99999999999999.99' } }],
  ])('may have the body %s', (text, body) => {
    expect(readBody(text)).toEqual(body);
  });

  it.each([
    '[]',
    '7',
    'null',
    '{',
    '{"$decimal": "1"}',
    '{"a": {"$decimal": "1"}}',
    '{"__proto__": {}}',
    '{"id": 12345678901234567890}',
    '['.repeat(50_000) + ']'.repeat(50_000),
  ])('may not have the body %.30s', (text) => {
    // prettier-ignore
    expect(readBody(text)).toBeInstanceOf(Unusable);
  });

  it('may have a field that is called problem', () => {
    expect(readQueueMessage(message('{"problem": "x"}'))).toMatchObject({ body: { problem: 'x' } });
  });

  it('leaves out what Odoo could not be called with', () => {
    expect(readQueueMessage(message('{}', { raw: { DataType: 'Binary', BinaryValue: new Uint8Array(1) } }))).toEqual({
      ...{ body: {}, attributes: {}, groupId: '' },
    });
  });
});
