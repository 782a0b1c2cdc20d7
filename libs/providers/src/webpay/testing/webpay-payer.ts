import { AppError } from '@puente/kernel';
import type { PayerOrder } from './payer-orders';
import type { PayerReturn } from './payer-return';

export interface PayerCard {
  /** Its number; the published VISA that is approved when left out. */
  readonly card?: string;
  readonly installments?: number;
}

export class PayerRefusedError extends AppError {
  readonly code = 'WEBPAY_PAYER_REFUSED';

  constructor(what: string, status: number, text: string) {
    super(`The payer could not ${what}: ${String(status)} ${text}`);
  }
}

/**
 * A payer for tests without a browser: walks through the stand-in's pages and says with which request the browser comes
 * back to the shop, for the test to make (or to make twice, or never).
 */
export class WebpayPayer {
  /** @param url origin of the sandbox, `http://127.0.0.1:4566` */
  constructor(private readonly url: string) {}

  /** Pays with a card and accepts at the bank. Whether the issuer approves is the card's matter. */
  approve(token: string, card: PayerCard = {}): Promise<PayerReturn> {
    return this.returns({ token, does: 'approve', ...card });
  }

  /** Gives a card and rejects at the bank. */
  reject(token: string, card: PayerCard = {}): Promise<PayerReturn> {
    return this.returns({ token, does: 'reject', ...card });
  }

  abort(token: string): Promise<PayerReturn> {
    return this.returns({ token, does: 'abort' });
  }

  /** Lets the form's time run out. Throws when the browser does not come back (`timeoutReturn: never`). */
  timeout(token: string): Promise<PayerReturn> {
    return this.returns({ token, does: 'timeout' });
  }

  /** Comes back with all four parameters, whatever happened before. */
  recoveredTab(token: string): Promise<PayerReturn> {
    return this.returns({ token, does: 'recoveredTab' });
  }

  /** Opens the form and stays there. */
  async open(token: string): Promise<void> {
    await this.does({ token, does: 'open' });
  }

  /** Gives the card and stays at the bank's login. */
  async giveCard(token: string, card: PayerCard = {}): Promise<void> {
    await this.does({ token, does: 'card', ...card });
  }

  /** Ends at the bank's error page, from which nobody comes back. */
  async failLogin(token: string): Promise<void> {
    await this.does({ token, does: 'wrongPassword' });
  }

  private async returns(order: PayerOrder): Promise<PayerReturn> {
    const back = await this.does(order);
    if (!back) throw new PayerRefusedError(`${order.does} and come back`, 200, 'The browser stays where it is.');
    return back;
  }

  private async does(order: PayerOrder): Promise<PayerReturn | null> {
    const response = await fetch(`${this.url}/_sandbox/webpay/payer`, { method: 'POST', body: JSON.stringify(order) });
    const text = await response.text();
    if (!response.ok) throw new PayerRefusedError(order.does, response.status, text);
    return JSON.parse(text) as PayerReturn | null;
  }
}

/** Makes the return's request as a browser would, without following where it is sent next. */
export function comeBack(back: PayerReturn, init: RequestInit = {}): Promise<Response> {
  const body = back.method === 'POST' ? { body: new URLSearchParams(back.params) } : {};
  return fetch(back.url, { redirect: 'manual', ...init, method: back.method, ...body });
}
