import { SeededRandom } from '../seeded-random';
import type { DispatchMode } from '../ledger/ledger-plan';
import type { PublisherPlan } from './publishers';
import { RECEIVERS, type ReceiverPlan } from './receivers';

export interface WebhookPlan extends PublisherPlan {
  readonly seed: number;
  readonly healMs: number;
  readonly mode: DispatchMode;
  readonly receivers: ReceiverPlan;
  /** One after the other, until all is published. */
  readonly kills: readonly { readonly waitMs: number; readonly victim: number }[];
}

/** An answer that is worth another try: by far not all are a 500. */
const FAILING = [302, 400, 401, 404, 408, 500, 502, 503, 504] as const;
/** Who may want order: those that get events from the beginning. */
const FIFO = RECEIVERS.filter((name) => name !== 'disabled');
/** More than any run lives to see. */
const KILLS = 400;

/** The choices of a run: the same seed makes the same ones. */
export function webhookPlan(seed: number, given: PublisherPlan & { readonly healMs: number }): WebhookPlan {
  const random = new SeededRandom(seed);
  const receivers = {
    failingStatus: FAILING[random.whole(0, FAILING.length - 1)] ?? 500,
    failsEvery: random.whole(4, 9),
    slowMs: random.whole(5, 80),
    perSecond: random.whole(150, 600),
    fifo: FIFO[random.whole(0, FIFO.length - 1)] ?? 'slow',
  };
  const kills = Array.from({ length: KILLS }, () => ({
    waitMs: random.whole(300, 1_700),
    victim: random.whole(0, 99),
  }));
  return { ...given, seed, mode: seed % 2 === 0 ? 'sqs' : 'postgres', receivers, kills };
}
