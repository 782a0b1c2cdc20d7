import type { ControlReply, ControlRoute } from '@puente/integrations/testing';
import { z } from 'zod';
import type { PayerJourney } from './payer-journey';
import { payerDoes } from './payer-orders';
import { forcedViews } from './transaction-view';
import { usualBehaviour, WebpayBehaviour } from './webpay-behaviour.config';
import type { WebpayStore } from './webpay-store';

const BEHAVIOUR = 'now';
const Force = z.strictObject({
  token: z.string(),
  view: z.union([
    z.enum(Object.keys(forcedViews) as (keyof typeof forcedViews)[]),
    z.record(z.string(), z.unknown()),
    z.null(),
  ]),
});

/** What can be ordered of Webpay beside what every stand-in knows. */
export class WebpayControl {
  private current: WebpayBehaviour = usualBehaviour;

  constructor(
    private readonly store: WebpayStore,
    private readonly journey: () => PayerJourney,
  ) {}

  get behaviour(): WebpayBehaviour {
    return this.current;
  }

  /** What was ordered before a restart still holds. */
  async load(): Promise<void> {
    this.current = WebpayBehaviour.parse((await this.store.find('behaviour', BEHAVIOUR)) ?? {});
  }

  forget(): void {
    this.current = usualBehaviour;
  }

  routes(): ControlRoute[] {
    return [
      {
        method: 'GET',
        path: 'config',
        summary: 'How it behaves where the sources disagree.',
        handle: async () => ok(this.current),
      },
      {
        method: 'POST',
        path: 'config',
        summary: `{${Object.keys(WebpayBehaviour.shape).join('?, ')}?}: what is not named stays.`,
        handle: async ({ body }) => ok(await this.configure(body)),
      },
      {
        method: 'POST',
        path: 'force',
        summary: `{token, view: ${Object.keys(forcedViews).join('|')}|{…}|null}: what commit and status show of a transaction; a null field is left out.`,
        handle: ({ body }) => this.force(body),
      },
      {
        method: 'GET',
        path: 'transactions',
        summary: 'All transactions, inscriptions and payments with cards on file, as they really are.',
        handle: async () =>
          ok({
            transactions: await this.store.list('transaction'),
            inscriptions: await this.store.list('inscription'),
            oneclick: await this.store.list('oneclick'),
          }),
      },
      {
        method: 'POST',
        path: 'payer',
        summary:
          '{token, does: open|card|approve|reject|abort|timeout|recoveredTab|wrongPassword, card?, installments?}: the request of the return.',
        handle: ({ body }) => payerDoes(this.journey(), body),
      },
    ];
  }

  private async configure(change: unknown): Promise<WebpayBehaviour> {
    const wanted = z.record(z.string(), z.unknown()).parse(change ?? {});
    const next = WebpayBehaviour.parse({ ...this.current, ...wanted });
    await this.store.put('behaviour', BEHAVIOUR, next);
    this.current = next;
    return next;
  }

  private async force(body: unknown): Promise<ControlReply> {
    const { token, view } = Force.parse(body);
    const shown = typeof view === 'string' ? forcedViews[view] : view;
    const found = await this.store.change('transaction', token, (transaction) => {
      if (transaction && shown === null) delete transaction.forced;
      else if (transaction) transaction.forced = { ...shown };
      return { answer: transaction !== undefined };
    });
    return found ? ok({ token, view: shown }) : { status: 404, body: { error: 'Nobody has this token.' } };
  }
}

function ok(body: unknown): ControlReply {
  return { status: 200, body };
}
