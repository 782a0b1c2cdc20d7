import type { ControlReply } from '@puente/integrations/testing';
import { z } from 'zod';
import { JourneyEndedError } from './payer-journey.errors';
import type { PayerJourney } from './payer-journey';
import type { PayerReturn } from './payer-return';
import { bankUser, visa } from './test-cards';

export const PayerOrder = z.strictObject({
  token: z.string(),
  does: z.enum(['open', 'card', 'approve', 'reject', 'abort', 'timeout', 'recoveredTab', 'wrongPassword']),
  card: z.string().default(visa.number),
  installments: z.int().min(0).max(99).default(0),
});
export type PayerOrder = z.input<typeof PayerOrder>;

/** `POST /_sandbox/webpay/payer`: a payer without a browser does what is asked, from wherever they are. */
export async function payerDoes(journey: PayerJourney, body: unknown): Promise<ControlReply> {
  const order = PayerOrder.parse(body);
  try {
    const back = await walk(journey, order);
    return { status: 200, body: back ?? null };
  } catch (error) {
    if (!(error instanceof JourneyEndedError)) throw error;
    return { status: 409, body: { error: error.message, state: error.state } };
  }
}

async function walk(journey: PayerJourney, order: z.output<typeof PayerOrder>): Promise<PayerReturn | undefined> {
  const { token, does, card, installments } = order;
  if (does === 'recoveredTab') return journey.recoverTab(token);
  if (does === 'timeout') return journey.timeOut(token);
  const { walk: found } = await journey.look(token);
  if (found.state === 'created') await journey.open(token);
  if (does === 'open') return undefined;
  if (does === 'abort') return journey.abort(token);
  if (found.state === 'created' || found.state === 'form') await journey.giveCard(token, card, installments);
  if (does === 'card') return undefined;
  const known = await journey.authenticate(token, bankUser.rut, does === 'wrongPassword' ? 'wrong' : bankUser.password);
  return known ? journey.decide(token, does === 'approve') : undefined;
}
