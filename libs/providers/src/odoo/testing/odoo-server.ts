import type { RevocableKeys, SandboxServices, StandInReply, StandInRequest } from '@puente/integrations/testing';
import { parseExact } from '../exact-json';
import type { OdooBehaviour } from './odoo-behaviour';
import { missingError, OdooException } from './odoo-exception';
import { isOnRecords, type ModelCall, runMethod } from './odoo-models';
import { OdooSession } from './odoo-session';
import {
  html,
  json,
  json2Error,
  type OdooRoute,
  refusal,
  rpcError,
  rpcRequest,
  rpcResult,
  versionNamed,
} from './odoo-wire';

type Named = Readonly<Record<string, unknown>>;

const DENIED = new OdooException('odoo.exceptions.AccessDenied', 'Access Denied');

export interface OdooServerParts {
  readonly services: SandboxServices;
  readonly keys: RevocableKeys;
  readonly behaviour: OdooBehaviour;
  readonly part: string;
}

/** Both protocols of one Odoo server. Each call is one transaction, committed before its answer. */
export class OdooServer {
  private running = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(private readonly parts: OdooServerParts) {}

  /** As many at a time as there are workers; who waits is waited for by nobody but the client. */
  async handle(request: StandInRequest, route: OdooRoute): Promise<StandInReply> {
    if (this.running < this.parts.behaviour.current.workers) this.running += 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await this.answer(request, route);
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.running -= 1;
    }
  }

  private async answer(request: StandInRequest, route: OdooRoute): Promise<StandInReply> {
    const { method, body } = request;
    if (route.path === '/jsonrpc' && method === 'POST') return this.jsonRpc(body, route);
    if (route.major < 19) return html(404, 'Not Found');
    if (route.path === '/web/version') {
      const { major } = route;
      return json(200, { version_info: [major, 0, 0, 'final', 0, ''], version: versionNamed(major) });
    }
    const [, model, name] = /^\/json\/2\/([^/]+)\/([^/]+)$/.exec(route.path) ?? [];
    if (model === undefined || name === undefined || method !== 'POST') return html(404, 'Not Found');
    return this.json2(request, route, { model, method: name });
  }

  private async jsonRpc(body: Buffer, route: OdooRoute): Promise<StandInReply> {
    const rpc = rpcRequest(body);
    if (!rpc) return html(400, 'Invalid JSON-RPC data');
    const { id, service, method, args } = rpc;
    const { behaviour, keys } = this.parts;
    if (service === 'common' && method === 'version') {
      return rpcResult(id, { server_version: versionNamed(route.major), protocol_version: 1 });
    }
    const down = this.databaseFault(args[0]);
    if (down !== undefined) return rpcError(id, route.major, 'psycopg2.OperationalError', down);
    if (service === 'common') return rpcResult(id, keys.opens(String(args[2])) ? behaviour.current.uid : false);
    const [, uid, key, model, name, positional = [], named = {}] = args;
    try {
      this.requireUser(uid, String(key));
      const call = { model: String(model), method: String(name), args: positional as unknown[] };
      return rpcResult(id, (await this.run(route, call, named as Named)) ?? undefined);
    } catch (error) {
      if (error instanceof OdooException) return refusal(error, route, id);
      throw error;
    }
  }

  private async json2(
    request: StandInRequest,
    route: OdooRoute,
    { model, method }: Pick<ModelCall, 'model' | 'method'>,
  ) {
    const { headers, body } = request;
    if (!/^application\/json\b/i.test(headers['content-type'] ?? '')) return html(415, 'Unsupported Media Type');
    if (this.databaseFault(headers['x-odoo-database']) !== undefined) return html(404, 'No database is selected');
    const key = /^bearer (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? '';
    if (!this.parts.keys.opens(key)) return json2Error('werkzeug.exceptions.Unauthorized', 'Invalid apikey');
    try {
      const { ids, ...named } = parseExact(body.toString()) as Named;
      const positional = ids === undefined ? [] : [ids];
      if (ids !== undefined && !isOnRecords(model, method))
        return json2Error('werkzeug.exceptions.UnprocessableEntity', `cannot call ${model}.${method} with ids`);
      return json(200, (await this.run(route, { model, method, args: positional }, named)) ?? null);
    } catch (error) {
      if (error instanceof OdooException) return refusal(error, route, undefined);
      if (error instanceof SyntaxError)
        return json2Error('werkzeug.exceptions.BadRequest', 'could not parse the body as json');
      throw error;
    }
  }

  private run(
    { major }: OdooRoute,
    { model, method, args }: Pick<ModelCall, 'model' | 'method' | 'args'>,
    { context: _context, ...kwargs }: Named,
  ): Promise<unknown> {
    const { services, behaviour, part } = this.parts;
    const [first, ...rest] = args;
    const onRecords = isOnRecords(model, method);
    const ids = onRecords ? (first as number[]) : [];
    return services.database.transaction((client) => {
      const offsetMs = services.clock.offsetMs(part);
      const session = new OdooSession(client, { part, offsetMs, behaviour: behaviour.current, major });
      return runMethod(session, { model, method, ids, args: onRecords ? rest : args, kwargs });
    });
  }

  private requireUser(uid: unknown, key: string): void {
    const { behaviour, keys } = this.parts;
    if (!keys.opens(key)) throw DENIED;
    if (uid === behaviour.current.uid) return;
    if (typeof uid === 'number' && uid < 10) throw DENIED;
    throw missingError(`Record does not exist or has been deleted.\n(Record: res.users(${String(uid)},), User: 1)`);
  }

  /** @returns psycopg2's words; undefined when the database is there */
  private databaseFault(name: unknown): string | undefined {
    const { postgres, databases } = this.parts.behaviour.current;
    const server = 'connection to server at "127.0.0.1", port 5432 failed';
    if (!postgres)
      return `${server}: Connection refused\n\tIs the server running on that host and accepting TCP/IP connections?`;
    return databases.includes(String(name))
      ? undefined
      : `${server}: FATAL:  database "${String(name)}" does not exist`;
  }
}
