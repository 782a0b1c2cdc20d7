import type { CancelSignal } from '@puente/kernel';
import type { HttpAnswer } from '@puente/integrations';
import { z } from 'zod';
import { stringifyExact } from './exact-json';
import { type OdooConnection, wordsOf } from './odoo-connection';
import type { OdooAccount, OdooRequest, OdooTransport } from './odoo-transport';
import { versionIn } from './server-version';
import { OdooFaultError, OdooRefusedError, OdooUnreadableError, OdooAnswerError } from './odoo.errors';

const Fault = z.object({ name: z.string(), message: z.string().catch('') });
const UserContext = z.object({ uid: z.int().min(1).optional() });

/** `/json/2/<model>/<method>`, since Odoo 19: real statuses, arguments by name, the key as a bearer token. */
export class Json2Transport implements OdooTransport {
  readonly name = 'json-2';
  private readonly headers: readonly string[];

  constructor(
    private readonly connection: OdooConnection,
    { database, apiKey }: OdooAccount,
  ) {
    this.headers = ['authorization', `bearer ${apiKey}`, 'x-odoo-database', database];
  }

  async call({ model, method, ...given }: OdooRequest, signal: CancelSignal): Promise<unknown> {
    const { ids, args = [], kwargs = {}, context } = given;
    if (args.length > 0) {
      throw new OdooRefusedError(
        'NAMED_ARGUMENTS_ONLY',
        `JSON-2 has no arguments by position: name those of ${method}. Nothing was sent.`,
      );
    }
    const body = stringifyExact({ ...kwargs, ...(ids && { ids }), ...(context && { context }) });
    const answer = await this.connection.post(`/json/2/${model}/${method}`, this.headers, body, signal);
    const words = wordsOf(answer);
    if (answer.status === 200) return words;
    throw faultOf(answer, words);
  }

  async version(signal: CancelSignal): Promise<string> {
    const answer = await this.connection.get('/web/version', signal);
    if (answer.status !== 200) throw new OdooAnswerError(answer);
    return versionIn(wordsOf(answer)).version;
  }

  async identify(signal: CancelSignal): Promise<number | undefined> {
    const context = UserContext.safeParse(await this.call({ model: 'res.users', method: 'context_get' }, signal));
    if (!context.success) throw new OdooUnreadableError('NOT_ODOO', 'The answer is not what Odoo answers.');
    return context.data.uid;
  }
}

/** A refusal in the words of Odoo, or a status by itself when the JSON is of somebody else. */
function faultOf(answer: HttpAnswer, words: unknown): Error {
  const fault = Fault.safeParse(words);
  if (!fault.success) return new OdooAnswerError(answer);
  // What guards the door has a status of its own, and a name of the web framework.
  const name = answer.status === 401 ? 'odoo.exceptions.AccessDenied' : fault.data.name;
  return new OdooFaultError(name, fault.data.message, answer.status);
}
