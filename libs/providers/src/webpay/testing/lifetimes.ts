import type { WebpayBehaviour } from './webpay-behaviour.config';
import type { Inscription, JourneyState, WebpayTransaction } from './webpay-transaction';

type Journey = Pick<WebpayTransaction, 'state' | 'createdAt' | 'openedAt' | 'decidedAt'>;

/** The state as time leaves it: nothing happens to a token that nobody touches, it is only too late afterwards. */
export function transactionState(journey: Journey, behaviour: WebpayBehaviour, now: number): JourneyState {
  return stateAt(journey, behaviour, now, behaviour.commitWindowMs);
}

export function inscriptionState(inscription: Inscription, behaviour: WebpayBehaviour, now: number): JourneyState {
  return stateAt(inscription, behaviour, now, behaviour.finishWindowMs);
}

function stateAt(journey: Journey, behaviour: WebpayBehaviour, now: number, waitMs: number): JourneyState {
  const { state, createdAt, openedAt = createdAt, decidedAt = createdAt } = journey;
  switch (state) {
    case 'created':
      return now - createdAt > behaviour.tokenOpenMs ? 'expired' : state;
    case 'form':
    case 'bank':
      return now - openedAt > behaviour.formTimeoutMs ? 'form_timeout' : state;
    case 'approved_wait':
    case 'rejected_wait':
      return now - decidedAt > waitMs ? 'aborted' : state;
    default:
      return state;
  }
}
