import type { CancelSignal } from '@puente/kernel';
import { z } from 'zod';
import { stringifyExact } from './exact-json';
import { beforehand } from './beforehand';
import { type OdooConnection, wordsOf } from './odoo-connection';
import type { OdooAccount, OdooRequest, OdooTransport } from './odoo-transport';
import { OdooAnswerError, OdooFaultError, OdooUnauthorizedError, OdooUnreadableError } from './odoo.errors';

const Reply = z.object({
  id: z.number(),
  result: z.unknown().optional(),
  error: z.object({ data: z.object({ name: z.string(), message: z.string().catch('') }) }).optional(),
});
const ServerVersion = z.object({ server_version: z.string() });
const Uid = z.union([z.literal(false), z.int().min(1)]);

/**
 * `/jsonrpc`, of Odoo 8 to 21: every answer is a 200, and what went wrong is in its body. The key goes as a password with
 * the user's number, which is asked for once.
 */
export class JsonRpcTransport implements OdooTransport {
  readonly name = 'json-rpc';
  private uid: number | undefined;
  private requests = 0;

  constructor(
    private readonly connection: OdooConnection,
    private readonly account: OdooAccount,
  ) {}

  async call(request: OdooRequest, signal: CancelSignal): Promise<unknown> {
    const known = this.uid;
    const uid = known ?? (await beforehand(() => this.authenticated(signal)));
    try {
      return await this.execute(uid, request, signal);
    } catch (error) {
      if (known === undefined || !isDenied(error)) throw error;
      // Refused before anything was done: the user may have another number by now, as after a restored database.
      return this.execute(await beforehand(() => this.authenticated(signal)), request, signal);
    }
  }

  async version(signal: CancelSignal): Promise<string> {
    return read(ServerVersion, await this.ask('common', 'version', [], signal)).server_version;
  }

  identify(signal: CancelSignal): Promise<number> {
    return this.authenticated(signal);
  }

  /** @throws {OdooUnauthorizedError} `false`, which is no fault for Odoo */
  private async authenticated(signal: CancelSignal): Promise<number> {
    this.uid = undefined;
    const { database, login, apiKey } = this.account;
    const uid = read(Uid, await this.ask('common', 'authenticate', [database, login, apiKey, {}], signal));
    if (uid === false) throw new OdooUnauthorizedError();
    this.uid = uid;
    return uid;
  }

  private execute(uid: number, { model, method, ...given }: OdooRequest, signal: CancelSignal): Promise<unknown> {
    const { ids, args = [], kwargs = {}, context } = given;
    const positional = ids ? [ids, ...args] : args;
    const named = context ? { ...kwargs, context } : kwargs;
    const { database, apiKey } = this.account;
    return this.ask('object', 'execute_kw', [database, uid, apiKey, model, method, positional, named], signal);
  }

  private async ask(service: string, method: string, args: readonly unknown[], signal: CancelSignal): Promise<unknown> {
    const id = (this.requests += 1);
    const body = stringifyExact({ jsonrpc: '2.0', method: 'call', id, params: { service, method, args } });
    const answer = await this.connection.post('/jsonrpc', [], body, signal);
    if (answer.status !== 200) throw new OdooAnswerError(answer);
    const reply = read(Reply, wordsOf(answer));
    if (reply.error) throw new OdooFaultError(reply.error.data.name, reply.error.data.message);
    if (reply.id !== id) throw new OdooUnreadableError('NOT_ODOO', 'The answer is that to another question.');
    return reply.result ?? null;
  }
}

function isDenied(error: unknown): boolean {
  return error instanceof OdooFaultError && error.class === 'AccessDenied';
}

/** @throws {OdooUnreadableError} */
function read<T extends z.ZodType>(schema: T, value: unknown): z.output<T> {
  const { success, data } = schema.safeParse(value);
  if (!success) throw new OdooUnreadableError('NOT_ODOO', 'The answer is not what Odoo answers.');
  return data;
}
