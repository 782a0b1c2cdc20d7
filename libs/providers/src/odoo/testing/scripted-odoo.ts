import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ScriptedRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** The bytes as they came: digits are not looked at through a parser. */
  readonly text: string;
}

export type ScriptedAnswer =
  | 'reset'
  | {
      readonly status?: number;
      readonly type?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    };

/** A server that answers what a test tells it to, in the order of the requests; and what it was asked. */
export class ScriptedOdoo {
  readonly requests: ScriptedRequest[] = [];
  private answers: ((request: ScriptedRequest) => ScriptedAnswer)[] = [];

  private constructor(private readonly server: Server) {}

  static async start(): Promise<ScriptedOdoo> {
    const server = createServer();
    const odoo = new ScriptedOdoo(server);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => void odoo.serve(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return odoo;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  /** The next requests; the last answer is given again and again. */
  says(...answers: (ScriptedAnswer | ((request: ScriptedRequest) => ScriptedAnswer))[]): void {
    this.requests.splice(0);
    this.answers = answers.map((answer) => (typeof answer === 'function' ? answer : () => answer));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const { url = '', headers } = request;
    const asked = { path: url, headers, text: Buffer.concat(chunks).toString() };
    this.requests.push(asked);
    const next = this.answers.length > 1 ? this.answers.shift() : this.answers[0];
    const answer = next?.(asked) ?? 'reset';
    if (answer === 'reset') {
      request.socket.resetAndDestroy();
      return;
    }
    const { status = 200, type = 'application/json', body = 'null' } = answer;
    response.writeHead(status, { 'content-type': type, ...answer.headers }).end(body);
  }
}

/** What JSON-RPC answers, to whichever request it is. */
export function rpc(part: object): (request: ScriptedRequest) => ScriptedAnswer {
  return ({ text }) => ({ body: JSON.stringify({ jsonrpc: '2.0', id: /"id":(\d+)/.exec(text)?.[1] === undefined ? null : Number(/"id":(\d+)/.exec(text)?.[1]), ...part }) }); // prettier-ignore
}

export function rpcFault(name: string, message = 'words'): (request: ScriptedRequest) => ScriptedAnswer {
  return rpc({
    error: { code: 200, message: 'Odoo Server Error', data: { name, message, debug: 'Traceback SECRET' } },
  });
}

export function json2Fault(status: number, name: string, message = 'words'): ScriptedAnswer {
  return { status, body: JSON.stringify({ name, message, arguments: [], context: {}, debug: 'Traceback SECRET' }) };
}
