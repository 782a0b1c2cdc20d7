import type { FunctionHandler } from '@puente/providers/lambda/testing';
import { createHash } from 'node:crypto';
import { DEMO_FUNCTIONS, SANDBOX_ENV } from '../seed/demo-names';

const accepted: FunctionHandler = (_event, { awsRequestId }) => ({ accepted: true, requestId: awsRequestId });

/** The same payer gives the same id, so that a second call can be seen to update and not to create. */
const contact: FunctionHandler = (event) => {
  const id = createHash('sha256').update(JSON.stringify(event)).digest('hex').slice(0, 12);
  return { contact_id: id, contact: event };
};

/** Code of the functions that the sandbox's account has from the start, by the name Lambda knows them under. */
export const demoFunctions: Readonly<Record<string, FunctionHandler>> = {
  [`${DEMO_FUNCTIONS.notifications}-${SANDBOX_ENV}`]: accepted,
  [`${DEMO_FUNCTIONS['notifications-pubsub']}-${SANDBOX_ENV}`]: accepted,
  [`${DEMO_FUNCTIONS.contact}-${SANDBOX_ENV}`]: contact,
};
