import { AppError } from '@puente/kernel';
import type { JourneyState } from './webpay-transaction';

/** The payer wants to go on from where there is no way on. */
export class JourneyEndedError extends AppError {
  readonly code = 'WEBPAY_JOURNEY_ENDED';

  constructor(
    readonly token: string,
    readonly state: JourneyState | 'unknown',
  ) {
    super(`The payer cannot do that with token ${token}: it is ${state}.`);
  }
}
