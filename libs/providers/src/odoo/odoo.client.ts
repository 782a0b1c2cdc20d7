import type { EgressGuard } from '@puente/egress';
import type { OperationCall } from '@puente/integrations';
import type { CancelSignal, Reconciliation, Secret } from '@puente/kernel';
import { z } from 'zod';
import { beforehand } from './beforehand';
import { Json2Transport } from './json-2.transport';
import { JsonRpcTransport } from './json-rpc.transport';
import { LoadRecipe } from './load-recipe';
import { OdooConnection } from './odoo-connection';
import type { OdooAccount, OdooRequest, OdooTransport } from './odoo-transport';
import { OdooRefusedError, OdooUnreadableError } from './odoo.errors';
import {
  type Call,
  type CallOnce,
  DEFAULT_ALLOWED,
  DEFAULT_MODULE,
  type Load,
  type Loaded,
  type OdooConfig,
  type OdooSecrets,
  type Records,
  ResultOnce,
  type SearchRead,
  type TransportName,
  type Version,
} from './odoo.schemas';
import { transportOf } from './server-version';
import { Turns } from './turns';

type OdooCall = Pick<OperationCall, 'cancel'>;

const Rows = z.array(z.record(z.string(), z.unknown()));
const DEFAULT_WORKERS = 2;

/** One database of one Odoo server, in the name of its bot user. Made once for each version of the credentials. */
export class OdooClient {
  private readonly connection: OdooConnection;
  private readonly account: OdooAccount;
  private readonly turns: Turns;
  private readonly allowed: ReadonlySet<string>;
  private readonly recipe: LoadRecipe;
  private transport: OdooTransport | undefined;

  constructor(
    secrets: Secret<OdooSecrets>,
    private readonly config: OdooConfig,
    egress: EgressGuard,
  ) {
    const { url, database, login, workers = DEFAULT_WORKERS, module = DEFAULT_MODULE } = config;
    const { concurrency = Math.max(1, workers - 1), allowed = DEFAULT_ALLOWED } = config;
    this.account = { database, login, apiKey: secrets.reveal().apiKey };
    this.connection = new OdooConnection(url, concurrency, egress);
    this.turns = new Turns(concurrency);
    this.allowed = new Set(allowed.map(({ model, method }) => `${model} ${method}`));
    this.recipe = new LoadRecipe((request, signal) => this.ask(request, signal), module);
  }

  close(): void {
    this.connection.close();
  }

  /** Who we are, and where: fails when the key, the login or the database is wrong. */
  version({ cancel }: OdooCall): Promise<Version> {
    return this.turns.take(cancel, async () => {
      const transport = await this.chosen(cancel);
      const version = await transport.version(cancel);
      const uid = await transport.identify(cancel);
      return { version, transport: transport.name, ...(uid !== undefined && { uid }) };
    });
  }

  /** Key and effect in one transaction of Odoo, by our addon there: a repeat gets the first answer. */
  async callOnce({ key, context, ...call }: CallOnce, { cancel }: OdooCall): Promise<ResultOnce> {
    this.require(call.model, call.method);
    const { model, method, ids, args = [], kwargs = {} } = call;
    const call_args = ids ? [ids, ...args] : args;
    const inner = { key, call_model: model, call_method: method, call_args, call_kwargs: kwargs };
    const request = { model: 'puente.bridge.call', method: 'call_once', kwargs: inner, context };
    const answer = ResultOnce.safeParse(await this.inTurn(request, cancel));
    if (!answer.success) throw new OdooUnreadableError('NOT_ODOO', 'The answer is not that of the addon.');
    return answer.data;
  }

  async call(call: Call, { cancel }: OdooCall): Promise<{ readonly result: unknown }> {
    this.require(call.model, call.method);
    return { result: await this.inTurn(call, cancel) };
  }

  async load(input: Load, { cancel }: OdooCall): Promise<Loaded> {
    this.requireLoad(input);
    return this.turns.take(cancel, () => this.recipe.run(input, cancel));
  }

  loaded(input: Load, { cancel }: OdooCall): Promise<Reconciliation<Loaded>> {
    return this.turns.take(cancel, () => this.recipe.reconcile(input, cancel));
  }

  async searchRead({ model, domain, fields, limit, context }: SearchRead, { cancel }: OdooCall): Promise<Records> {
    this.require(model, 'search_read');
    const request = { model, method: 'search_read', kwargs: { domain, fields, limit }, context };
    const records = Rows.safeParse(await this.inTurn(request, cancel));
    if (!records.success) throw new OdooUnreadableError('NOT_ODOO', 'The answer is no list of records.');
    return { records: records.data };
  }

  private inTurn(request: OdooRequest, signal: CancelSignal): Promise<unknown> {
    return this.turns.take(signal, () => this.ask(request, signal));
  }

  private async ask(request: OdooRequest, signal: CancelSignal): Promise<unknown> {
    const transport = await this.chosen(signal);
    return transport.call(request, signal);
  }

  /** Asked for once: a server goes on speaking JSON-RPC for years after it has learned JSON-2. */
  private async chosen(signal: CancelSignal): Promise<OdooTransport> {
    this.transport ??= this.transportNamed(await this.transportName(signal));
    return this.transport;
  }

  private transportName(signal: CancelSignal): TransportName | Promise<TransportName> {
    const { transport = 'auto' } = this.config;
    return transport === 'auto' ? beforehand(() => transportOf(this.connection, signal)) : transport;
  }

  private transportNamed(name: TransportName): OdooTransport {
    return name === 'json-2'
      ? new Json2Transport(this.connection, this.account)
      : new JsonRpcTransport(this.connection, this.account);
  }

  /** @throws {OdooRefusedError} METHOD_NOT_ALLOWED: a message chooses among routes, never what is called */
  private require(model: string, method: string): void {
    if (this.allowed.has(`${model} ${method}`)) return;
    throw new OdooRefusedError(
      'METHOD_NOT_ALLOWED',
      `${model}.${method} is not among the methods that this integration allows. Nothing was sent.`,
    );
  }

  private requireLoad({ model, post }: Load): void {
    this.require(model, 'load');
    if (post !== undefined) this.require(model, post);
  }
}
