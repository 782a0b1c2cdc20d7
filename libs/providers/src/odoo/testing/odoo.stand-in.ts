import type {
  ControlRoute,
  Failure,
  SandboxServices,
  StandIn,
  StandInReply,
  StandInRequest,
} from '@puente/integrations/testing';
import { RevocableKeys } from '@puente/integrations/testing';
import { OdooBehaviour } from './odoo-behaviour';
import { fullName } from './odoo-exception';
import { OdooServer } from './odoo-server';
import { html, json2Error, ODOO_PREFIX, operationOf, routeOf, rpcError, rpcRequest } from './odoo-wire';
import { ODOO_SCHEMA, ODOO_TABLES } from './odoo.tables';

interface Running {
  readonly keys: RevocableKeys;
  readonly behaviour: OdooBehaviour;
  readonly server: OdooServer;
}

/**
 * Odoo under `/odoo/17`, `/odoo/18` and `/odoo/19`: JSON-RPC, and JSON-2 where that version has it, over the same data.
 * It knows the few models and methods that accounting needs, with the answers and error shapes measured on real servers,
 * and our addon. Any key opens it until it is revoked.
 */
export class OdooStandIn implements StandIn {
  readonly id = 'odoo';
  readonly schema = ODOO_SCHEMA + RevocableKeys.schema;
  readonly tables = [...ODOO_TABLES, RevocableKeys.table];
  private running: Running | undefined;

  async start(services: SandboxServices): Promise<void> {
    const keys = await RevocableKeys.load(services, this.id);
    const behaviour = new OdooBehaviour(services);
    await behaviour.load();
    this.running = { keys, behaviour, server: new OdooServer({ services, keys, behaviour, part: this.id }) };
  }

  get control(): readonly ControlRoute[] {
    return this.running ? [...this.running.behaviour.routes(), ...this.running.keys.routes()] : [];
  }

  async reset(): Promise<void> {
    this.running?.behaviour.forget();
    this.running?.keys.forget();
  }

  claims({ path }: StandInRequest): boolean {
    return path === ODOO_PREFIX || path.startsWith(`${ODOO_PREFIX}/`);
  }

  operation(request: StandInRequest): string {
    return operationOf(request);
  }

  async handle(request: StandInRequest): Promise<StandInReply> {
    if (!this.running) throw new TypeError('The stand-in has not been started.');
    const route = routeOf(request);
    return route ? this.running.server.handle(request, route) : html(404, 'Not Found');
  }

  /** By an exception's name in Odoo's words; by a status alone as a proxy in front of it would. */
  failure(request: StandInRequest, { status, code, message }: Failure): StandInReply {
    const route = routeOf(request);
    if (code === undefined || !route) return html(status, message ?? `Status ${String(status)}`);
    const words = message ?? 'By order of the sandbox';
    if (route.path !== '/jsonrpc') return json2Error(fullName(code), words);
    return rpcError(rpcRequest(request.body)?.id, route.major, fullName(code), words);
  }
}
