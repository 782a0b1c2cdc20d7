import { type QueueMessage, textAttribute } from '@puente/queue';
import { z } from 'zod';
import { EventType, isReserved } from './event-types';
import { UserId } from './webhooks.schemas';

/** What producers write as `attempt_type`, and what we do (SYSTEMS S0.5). */
export const ATTEMPT_TYPE = 'customer_webhook';

/** The body of a message: the account number is text, with every digit. Other fields are taken along. */
const Body = z.looseObject({
  transaction_id: z.union([z.number(), z.string()]),
  amount: z.union([z.number(), z.string()]),
  account_number: z.string(),
});

/** `POST /v1/customer-notifications`: a message as the original's producers write it. */
export const CustomerNotificationBody = z.strictObject({
  type: EventType.meta({ description: 'What happened.', examples: ['abono'] }),
  userId: UserId.meta({ description: 'Whose endpoints hear of it.', examples: ['17'] }),
  transactionId: z.int().meta({ description: 'Of the transaction.', examples: [123] }),
  amount: z.number().meta({ description: 'In decimal units of the currency.', examples: [1500.5] }),
  accountNumber: z
    .string()
    .regex(/^\d{1,34}$/, 'expected 1 to 34 digits')
    .meta({ description: 'Text, so that every digit is kept.', examples: ['002180001234567890'] }),
});
export type CustomerNotificationBody = z.output<typeof CustomerNotificationBody>;

export interface CustomerNotification {
  readonly type: string;
  readonly userId: string;
  /** The body as it came: every digit of it is delivered. */
  readonly data: string;
}

/** @returns what a message says, or why nobody can deliver it; nothing of its content is in that */
export function readCustomerNotification(message: QueueMessage): CustomerNotification | { readonly problem: string } {
  if (textAttribute(message, 'attempt_type') !== ATTEMPT_TYPE)
    return { problem: `attempt_type is not ${ATTEMPT_TYPE}` };
  const type = EventType.safeParse(textAttribute(message, 'type'));
  if (!type.success) return { problem: 'the attribute type is missing, or no type of an event' };
  if (isReserved(type.data)) return { problem: 'the attribute type is one that only Puente itself publishes' };
  const userId = UserId.safeParse(textAttribute(message, 'user_id'));
  if (!userId.success) return { problem: 'the attribute user_id is missing, or cannot be used' };
  const body = Body.safeParse(jsonOf(message.body));
  if (!body.success) return { problem: 'the body is not JSON with transaction_id, amount and account_number (text)' };
  return { type: type.data, userId: userId.data, data: message.body };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
