import type { StandInReply, StandInRequest } from '@puente/integrations/testing';
import { parseExact, stringifyExact } from '../exact-json';
import { type OdooException, statusOf } from './odoo-exception';

/** Where the stand-in is on the shared port; the version follows: `/odoo/17`, `/odoo/18`, `/odoo/19`. */
export const ODOO_PREFIX = '/odoo';

export interface OdooRoute {
  readonly major: number;
  /** `/jsonrpc`, `/web/version`, `/json/2/res.partner/load`. */
  readonly path: string;
}

export function routeOf({ path }: Pick<StandInRequest, 'path'>): OdooRoute | undefined {
  const [, major, rest] = /^\/odoo\/(17|18|19)(\/.*)$/.exec(path) ?? [];
  return major === undefined || rest === undefined ? undefined : { major: Number(major), path: rest };
}

export const versionNamed = (major: number): string => `${String(major)}.0`;

/** What a JSON-RPC request asks for; undefined when it is none. */
export interface RpcRequest {
  readonly id: unknown;
  readonly service: string;
  readonly method: string;
  readonly args: readonly unknown[];
}

export function rpcRequest(body: Buffer): RpcRequest | undefined {
  try {
    const { id, params } = parseExact(body.toString()) as { id: unknown; params: RpcRequest };
    const { service, method, args } = params;
    return Array.isArray(args) ? { id, service, method, args } : undefined;
  } catch {
    return undefined;
  }
}

/** Name of the method that is called in the end: what faults are ordered for. */
export function operationOf(request: StandInRequest): string {
  const { path } = routeOf(request) ?? { path: '' };
  if (path === '/web/version') return 'version';
  if (path !== '/jsonrpc') return path.slice(path.lastIndexOf('/') + 1);
  const rpc = rpcRequest(request.body);
  return rpc?.service === 'object' ? String(rpc.args[4]) : (rpc?.method ?? 'jsonrpc');
}

export function html(status: number, title: string): StandInReply {
  const body = `<!doctype html>\n<html lang=en>\n<title>${title}</title>\n<h1>${title}</h1>\n`;
  return { status, headers: { 'content-type': 'text/html; charset=utf-8' }, body };
}

export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): StandInReply {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: stringifyExact(body),
  };
}

/** 200 whatever happened; `result` is left out when there is none. */
export function rpcResult(id: unknown, result: unknown): StandInReply {
  return json(200, { jsonrpc: '2.0', id: id ?? null, ...(result === undefined ? {} : { result }) });
}

export function rpcError(id: unknown, major: number, exception: string, message: string): StandInReply {
  const data = { name: exception, debug: TRACEBACK, message, arguments: [message], context: {} };
  const error = { code: major < 19 ? 200 : 0, message: 'Odoo Server Error', data };
  return json(200, { jsonrpc: '2.0', id: id ?? null, error });
}

export function json2Error(exception: string, message: string): StandInReply {
  const body = { name: exception, message, arguments: [message], context: {}, debug: TRACEBACK };
  const status = statusOf(exception);
  return json(status, body, status === 401 ? { 'www-authenticate': 'Bearer' } : {});
}

/** One exception in the shape of either protocol; what a missing model or method is called differs between them. */
export function refusal(error: OdooException, route: OdooRoute, id: unknown): StandInReply {
  const { exception, message } = error;
  const isMissing = exception === 'missing.model' || exception === 'missing.method';
  if (route.path !== '/jsonrpc') return json2Error(isMissing ? 'werkzeug.exceptions.NotFound' : exception, message);
  if (!isMissing) return rpcError(id, route.major, exception, message);
  const rpcName = exception === 'missing.model' ? 'odoo.exceptions.UserError' : 'builtins.AttributeError';
  return rpcError(id, route.major, rpcName, message);
}

const TRACEBACK = 'Traceback (most recent call last):\n  File "/srv/odoo/odoo/http.py", line 1, in _serve_db\n';
