import { goTo, pageHeaders } from './pages/page';
import type { StandInReply, StandInRequest } from '@puente/integrations/testing';
import { bankDecision, bankError, bankLogin } from './pages/bank-pages';
import { closedPage, error21, goBack, timedOutPage } from './pages/ending-pages';
import { pageScript } from './pages/page-script';
import { pageStyle } from './pages/page-style';
import { paymentForm } from './pages/payment-form';
import type { PayerJourney, Walk } from './payer-journey';
import { JourneyEndedError } from './payer-journey.errors';
import { errorReply } from './webpay-api';
import type { WebpayBehaviour } from './webpay-behaviour.config';
import { WEBPAY_PREFIX } from './webpay-routes';

const FORM = `${WEBPAY_PREFIX}/webpayserver/form`;
const DECISION = `${WEBPAY_PREFIX}/testcommercebank/authenticatorProcess.cgi`;
const LOGIN = `${WEBPAY_PREFIX}/testcommercebank/authenticator.cgi`;

export interface WebpayPagesParts {
  readonly journey: PayerJourney;
  readonly behaviour: () => WebpayBehaviour;
  readonly nowMs: () => number;
}

type Fields = Readonly<Record<string, string>>;

/** What a payer sees: Webpay's form and the test bank, with the ids that tests of the real pages use. */
export class WebpayPages {
  private readonly actions: Readonly<Record<string, (token: string, fields: Fields) => Promise<StandInReply>>> = {
    'webpayserver/initTransaction': (token) => this.open(token),
    'webpayserver/bp_multicode_inscription.cgi': (token) => this.open(token),
    'webpayserver/form': (token) => this.form(token),
    'webpayserver/pay': (token, fields) => this.pay(token, fields),
    'webpayserver/abort': async (token) => goBack(await this.parts.journey.abort(token)),
    'webpayserver/timeout': (token) => this.timeOut(token),
    'webpayserver/recover': async (token) => goBack(await this.parts.journey.recoverTab(token)),
    'webpayserver/closed': async () => closedPage(),
    'testcommercebank/authenticator.cgi': (token) => this.login(token),
    'testcommercebank/authenticatorProcess.cgi': (token, fields) => this.bank(token, fields),
  };

  constructor(private readonly parts: WebpayPagesParts) {}

  async handle(request: StandInRequest): Promise<StandInReply> {
    const name = request.path.slice(WEBPAY_PREFIX.length + 1);
    if (name === 'static/webpay.css') return asset('text/css', pageStyle);
    if (name === 'static/webpay.js') return asset('text/javascript', pageScript);
    const action = Object.hasOwn(this.actions, name) ? this.actions[name] : undefined;
    if (!action) return errorReply(404, 'Not Found');
    if (request.method !== 'GET' && request.method !== 'POST') return errorReply(405, 'Method Not Allowed');
    const fields = fieldsOf(request);
    const token = fields['token_ws'] ?? fields['TBK_TOKEN'] ?? '';
    try {
      return await action(token, fields);
    } catch (error) {
      if (error instanceof JourneyEndedError) return error21(error.state === 'unknown' ? undefined : token);
      throw error;
    }
  }

  /** Uses the token up; the form itself can be reloaded. */
  private async open(token: string): Promise<StandInReply> {
    await this.parts.journey.open(token);
    return goTo(`${FORM}?token_ws=${token}`);
  }

  private async form(token: string, problem?: string): Promise<StandInReply> {
    const walk = await this.walkIn(token, ['form', 'bank']);
    const openedAt = walk.walk.openedAt ?? walk.walk.createdAt;
    const remainingMs = Math.max(0, openedAt + this.parts.behaviour().formTimeoutMs - this.parts.nowMs());
    return paymentForm(walk, { problem, remainingMs });
  }

  private async pay(token: string, { pan = '', cuotas = '0' }: Fields): Promise<StandInReply> {
    if (!/^\d{13,19}$/.test(pan.replace(/ /g, ''))) return this.form(token, 'El número de tarjeta no es válido.');
    const installments = /^\d{1,2}$/.test(cuotas) ? Number(cuotas) : 0;
    await this.parts.journey.giveCard(token, pan, installments);
    return goTo(`${LOGIN}?token_ws=${token}`);
  }

  private async timeOut(token: string): Promise<StandInReply> {
    const back = await this.parts.journey.timeOut(token);
    return back ? goBack(back) : timedOutPage();
  }

  private async login(token: string): Promise<StandInReply> {
    await this.walkIn(token, ['bank']);
    return bankLogin(token);
  }

  /** Login, question and answer share an address, as at the real test bank. */
  private async bank(token: string, { rut, password = '', vci }: Fields): Promise<StandInReply> {
    const { journey } = this.parts;
    if (vci !== undefined) return goBack(await journey.decide(token, vci === 'TSY'));
    if (rut !== undefined)
      return (await journey.authenticate(token, rut, password)) ? goTo(`${DECISION}?token_ws=${token}`) : bankError();
    const { walk } = await this.walkIn(token, ['bank']);
    return walk.loggedIn === true ? bankDecision(token) : goTo(`${LOGIN}?token_ws=${token}`);
  }

  private async walkIn(token: string, states: readonly string[]): Promise<Walk> {
    const walk = await this.parts.journey.look(token);
    if (!states.includes(walk.walk.state)) throw new JourneyEndedError(token, walk.walk.state);
    return walk;
  }
}

/** Of the address and of a form's body; the body wins. */
function fieldsOf({ query, body, headers }: StandInRequest): Fields {
  const isForm = (headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded');
  const sent = new URLSearchParams(isForm ? body.toString('utf8') : '');
  return Object.fromEntries([...query, ...sent]);
}

function asset(type: string, body: string): StandInReply {
  return { status: 200, headers: { ...pageHeaders, 'content-type': `${type}; charset=utf-8` }, body };
}
