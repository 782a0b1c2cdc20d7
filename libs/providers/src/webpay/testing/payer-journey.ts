import { setTimeout as sleep } from 'node:timers/promises';
import { inscriptionState, transactionState } from './lifetimes';
import { JourneyEndedError } from './payer-journey.errors';
import type { PayerReturn } from './payer-return';
import { payerReturn } from './payer-return';
import type { TestCard } from './test-cards';
import { bankUser, cardOf, paymentTypeOf } from './test-cards';
import type { WebpayBehaviour } from './webpay-behaviour.config';
import type { WebpayStore } from './webpay-store';
import type { CardPayment, Inscription, JourneyState, WebpayTransaction } from './webpay-transaction';

/** What a payer walks through: a transaction, or the inscription of a card. */
export type Walk =
  | { readonly kind: 'transaction'; readonly walk: WebpayTransaction }
  | { readonly kind: 'inscription'; readonly walk: Inscription };
type WalkKind = Walk['kind'];

/**
 * The payer's way through the pages, without pages: each step changes what the token is, and the last ones say how the
 * browser comes back. The pages and the tests' payer walk the same way.
 */
export class PayerJourney {
  constructor(
    private readonly store: WebpayStore,
    private readonly behaviour: () => WebpayBehaviour,
  ) {}

  /** @throws JourneyEndedError when nobody has the token */
  async look(token: string): Promise<Walk> {
    const transaction = await this.store.find('transaction', token);
    if (transaction) return { kind: 'transaction', walk: this.aged('transaction', transaction) };
    const inscription = await this.store.find('inscription', token);
    if (inscription) return { kind: 'inscription', walk: this.aged('inscription', inscription) };
    throw new JourneyEndedError(token, 'unknown');
  }

  /** The first page; once for each token, and only soon after it was made. */
  async open(token: string): Promise<void> {
    await this.step(token, ['created'], (walk) => {
      walk.state = 'form';
      walk.openedAt = this.store.nowMs();
    });
  }

  /** The card, however it was typed: an unknown one is rejected by its issuer. Another try takes the place of the first. */
  async giveCard(token: string, number: string, installments = 0): Promise<void> {
    await this.step(token, ['form', 'bank'], (walk) => {
      walk.payment = paymentWith(number, installments);
      walk.state = 'bank';
      walk.loggedIn = false;
    });
  }

  /** The bank's login. A wrong password ends the journey: its page does not lead back. @returns whether they may go on */
  async authenticate(token: string, rut: string, password: string): Promise<boolean> {
    const known = normal(rut) === normal(bankUser.rut) && password === bankUser.password;
    await this.step(token, ['bank'], (walk) => {
      if (known) walk.loggedIn = true;
      else walk.state = 'error';
    });
    return known;
  }

  /** Accepts or rejects at the bank, and goes back to the shop. */
  async decide(token: string, accepted: boolean): Promise<PayerReturn> {
    const decided = accepted ? 'approved_wait' : 'rejected_wait';
    // A second press of the button decides nothing anew and leads back once more.
    const kind = await this.step(token, ['bank', decided], (walk) => {
      if (walk.state === decided) return;
      if (walk.loggedIn !== true) throw new JourneyEndedError(token, walk.state);
      walk.state = decided;
      walk.decidedAt = this.store.nowMs();
      if ('charges' in walk) walk.vci = accepted ? 'TSY' : 'TSN';
    });
    const { duplicateReturn } = this.behaviour();
    const params = kind === 'inscription' ? { TBK_TOKEN: token } : { token_ws: token };
    const back = payerReturn('GET', await this.returnUrl(token), params, duplicateReturn === 'browser');
    if (duplicateReturn === 'backend') void this.returnFromBehind(back.url);
    return back;
  }

  /** "Anular compra y volver". */
  async abort(token: string): Promise<PayerReturn> {
    await this.step(token, ['created', 'form', 'bank'], (walk) => {
      walk.state = 'aborted';
    });
    const { abortMethod, oneclickAbortSession } = this.behaviour();
    const { kind, ...ids } = await this.ids(token);
    const session = kind === 'inscription' && !oneclickAbortSession ? {} : { TBK_ID_SESION: ids.session };
    const params = { TBK_TOKEN: token, TBK_ORDEN_COMPRA: ids.order, ...session };
    return payerReturn(abortMethod, await this.returnUrl(token), params);
  }

  /** The form's time is over: at once, whatever the clock says. Undefined when the browser is left where it is. */
  async timeOut(token: string): Promise<PayerReturn | undefined> {
    await this.step(token, ['created', 'form', 'bank', 'form_timeout', 'expired'], (walk) => {
      walk.state = 'form_timeout';
    });
    if (this.behaviour().timeoutReturn === 'never') return undefined;
    const { session, order } = await this.ids(token);
    return payerReturn('GET', await this.returnUrl(token), { TBK_ID_SESION: session, TBK_ORDEN_COMPRA: order });
  }

  /** A tab the browser brought back: all four parameters, at any time, also after a payment that went well. */
  async recoverTab(token: string): Promise<PayerReturn> {
    const { session, order } = await this.ids(token);
    const params = { token_ws: token, TBK_TOKEN: token, TBK_ID_SESION: session, TBK_ORDEN_COMPRA: order };
    return payerReturn('POST', await this.returnUrl(token), params);
  }

  private async step(
    token: string,
    from: readonly JourneyState[],
    change: (walk: WebpayTransaction | Inscription) => void,
  ): Promise<WalkKind> {
    const { kind } = await this.look(token);
    return this.store.change(kind, token, (found) => {
      if (!found) throw new JourneyEndedError(token, 'unknown');
      const { state } = this.aged(kind, found);
      if (!from.includes(state)) throw new JourneyEndedError(token, state);
      change(found);
      return { answer: kind };
    });
  }

  private aged<T extends WebpayTransaction | Inscription>(kind: WalkKind, walk: T): T {
    const stateOf = kind === 'transaction' ? transactionState : inscriptionState;
    return { ...walk, state: stateOf(walk as never, this.behaviour(), this.store.nowMs()) };
  }

  private async ids(token: string): Promise<{ kind: WalkKind; session: string; order: string }> {
    const { kind, walk } = await this.look(token);
    return kind === 'transaction'
      ? { kind, session: walk.sessionId, order: walk.buyOrder }
      : { kind, session: walk.username, order: token.slice(-26) };
  }

  private async returnUrl(token: string): Promise<string> {
    const { kind, walk } = await this.look(token);
    return kind === 'transaction' ? walk.returnUrl : walk.responseUrl;
  }

  private async returnFromBehind(url: string): Promise<void> {
    await sleep(this.behaviour().backendReturnDelayMs, undefined, { ref: false });
    // Whether the shop is there to hear it is the shop's business.
    await fetch(url, { redirect: 'manual' }).catch(() => undefined);
  }
}

function paymentWith(number: string, installments: number): CardPayment {
  const card: Pick<TestCard, 'brand' | 'kind' | 'approved'> = cardOf(number) ?? {
    brand: 'Visa',
    kind: 'credit',
    approved: false,
  };
  const count = card.kind === 'credit' ? installments : 0;
  return {
    lastDigits: number.replace(/\D/g, '').slice(-4).padStart(4, '0'),
    brand: card.brand,
    paymentTypeCode: paymentTypeOf(card.kind, count),
    installmentsNumber: count,
    approved: card.approved,
  };
}

function normal(rut: string): string {
  return rut.replace(/[^\dkK]/g, '').toLowerCase();
}
