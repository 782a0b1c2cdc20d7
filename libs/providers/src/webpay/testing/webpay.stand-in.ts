import type {
  ControlRoute,
  Failure,
  SandboxServices,
  StandIn,
  StandInReply,
  StandInRequest,
} from '@puente/integrations/testing';
import { RevocableKeys } from '@puente/integrations/testing';
import { OneclickOperations } from './oneclick-operations';
import { PayerJourney } from './payer-journey';
import { TransactionOperations } from './transaction-operations';
import { errorReply, WebpayApi } from './webpay-api';
import { WebpayPages } from './webpay-pages';
import { WebpayControl } from './webpay-control';
import { isApi, routeOf, WEBPAY_PREFIX } from './webpay-routes';
import { WebpayStore } from './webpay-store';
import { WEBPAY_SCHEMA, WEBPAY_TABLE } from './webpay.tables';

/** The texts of failures that are ordered without one. */
const USUAL: Readonly<Record<number, string>> = {
  401: 'Not Authorized',
  404: 'Transaction not found',
  500: 'Internal Server Error',
};

interface Running {
  readonly keys: RevocableKeys;
  readonly control: WebpayControl;
  readonly api: WebpayApi;
  readonly pages: WebpayPages;
}

/**
 * Webpay Plus, its mall and Oneclick under `/webpay`: the REST API for `transbank-sdk`, the pages for
 * a payer, and a payer without pages over the control plane. What it does not know is said in the README beside it.
 */
export class WebpayStandIn implements StandIn {
  readonly id = 'webpay';
  readonly schema = WEBPAY_SCHEMA + RevocableKeys.schema;
  readonly tables = [WEBPAY_TABLE, RevocableKeys.table];
  private running: Running | undefined;

  async start(services: SandboxServices): Promise<void> {
    const store = new WebpayStore(services, this.id);
    const control: WebpayControl = new WebpayControl(store, () => journey);
    const behaviour = () => control.behaviour;
    const journey = new PayerJourney(store, behaviour);
    const keys = await RevocableKeys.load(services, this.id);
    await control.load();
    const transactions = new TransactionOperations(store, behaviour);
    const api = new WebpayApi({ keys, transactions, oneclick: new OneclickOperations(store, behaviour) });
    const pages = new WebpayPages({ journey, behaviour, nowMs: () => store.nowMs() });
    this.running = { keys, control, api, pages };
  }

  get control(): readonly ControlRoute[] {
    return this.running ? [...this.running.control.routes(), ...this.running.keys.routes()] : [];
  }

  async reset(): Promise<void> {
    this.running?.control.forget();
    this.running?.keys.forget();
  }

  claims({ path }: StandInRequest): boolean {
    return path === WEBPAY_PREFIX || path.startsWith(`${WEBPAY_PREFIX}/`);
  }

  /** `commit`, `refund`, `oneclick-authorize` …; those of a mall have the same names, as they have the same paths. */
  operation(request: StandInRequest): string {
    const route = routeOf(request);
    return typeof route === 'object' ? route.action : 'page';
  }

  async handle(request: StandInRequest): Promise<StandInReply> {
    if (!this.running) throw new TypeError('The stand-in has not been started.');
    const { api, pages } = this.running;
    return isApi(request) ? api.handle(request) : pages.handle(request);
  }

  failure(_request: StandInRequest, { status, code, message }: Failure): StandInReply {
    return errorReply(status, message ?? code ?? USUAL[status] ?? 'By order of the sandbox');
  }
}
