import type { QueueMessage } from '@puente/queue';
import { readCustomerNotification } from './customer-notification';

const BODY = '{"transaction_id": 9007199254740993, "amount": 1500.00, "account_number": "002180001234567890"}';

function message(attributes: Readonly<Record<string, string>>, body = BODY): QueueMessage {
  const given = Object.entries(attributes).map(([name, text]) => [name, { DataType: 'String', StringValue: text }]);
  return {
    ...{ id: 'm', body, groupId: '', deduplicationId: '', receiveCount: 1, sentAt: undefined },
    attributes: Object.fromEntries(given) as QueueMessage['attributes'],
  };
}

const GOOD = { type: 'abono', user_id: '17', attempt_type: 'customer_webhook' };

describe('a message of the queue of customer notifications (S0.5)', () => {
  it('is delivered as it came: every digit, every space', () => {
    expect(readCustomerNotification(message(GOOD))).toEqual({ type: 'abono', userId: '17', data: BODY });
  });

  it.each([
    ['attempt_type', message({ ...GOOD, attempt_type: 'email' })],
    ['attempt_type', message({ type: 'abono', user_id: '17' })],
    ['type', message({ user_id: '17', attempt_type: 'customer_webhook' })],
    ['type', message({ ...GOOD, type: 'a b' })],
    ['type is one that only Puente', message({ ...GOOD, type: 'operation.succeeded' })],
    ['user_id', message({ type: 'abono', attempt_type: 'customer_webhook' })],
    ['body', message(GOOD, 'no JSON')],
    ['body', message(GOOD, '{"transaction_id": 1, "amount": 1}')],
    ['body', message(GOOD, '{"transaction_id": 1, "amount": 1, "account_number": 2180001234567890}')],
  ])('is put aside when its %s cannot be used, and the reason quotes nothing of it', (what, bad) => {
    const read = readCustomerNotification(bad);
    expect(read).toEqual({ problem: expect.stringContaining(what) as string });
    expect(JSON.stringify(read)).not.toContain('2180001234567890');
  });
});
