import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request as httpRequest } from 'node:http';
import { ContractLine, type LineFault } from './contract-line';

/** JSON may be preceded by any number of them. */
const BLANK = Buffer.from(' ');

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/**
 * A line between a provider's client and its stand-in: counts requests and breaks as told. What it does to an answer, no
 * stand-in has to be taught, so every provider is tried with the same accidents.
 */
export class BrokenLine extends ContractLine {
  private constructor(private readonly target: string) {
    super(createServer());
    this.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      this.serve(request, response).catch(() => response.destroy());
    });
  }

  static to(target: string): Promise<BrokenLine> {
    return new BrokenLine(target).listen();
  }

  get url(): string {
    return `http://${this.host}`;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.only === undefined) this.requests += 1;
    let { fault } = this;
    response.on('close', () => {
      if (!response.writableFinished) this.noteAbandoned(fault);
    });
    const body = await read(request);
    if (this.only !== undefined) {
      const isMeant = request.url?.includes(this.only) === true || body.includes(this.only);
      if (isMeant) this.requests += 1;
      else fault = 'pass';
    }
    if (fault === 'reset_before') {
      request.socket.resetAndDestroy();
      return;
    }
    this.answer(fault, request, response, await forward(this.target, request, body));
  }

  private answer(fault: LineFault, request: IncomingMessage, response: ServerResponse, answer: Answer): void {
    switch (fault) {
      case 'silence':
        return;
      case 'reset_before':
      case 'reset_after':
        request.socket.resetAndDestroy();
        return;
      case 'garbage':
        response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body>Welcome to the hotel network</body>');
        return;
      case 'redirect': {
        const location = new URL(request.url ?? '/', this.url.replace('127.0.0.1', 'localhost')).href;
        response.writeHead(307, { location, 'content-length': '0' }).end();
        return;
      }
      case 'flood':
        response.writeHead(200, { 'content-type': 'application/json' });
        this.flood(response, BLANK);
        return;
      case 'drip':
        if (!response.destroyed) response.writeHead(200, { 'content-type': 'application/json' });
        this.drip(response, BLANK);
        return;
      case 'truncate':
        response.writeHead(answer.status, { ...answer.headers, 'content-length': String(answer.body.length + 1) });
        response.write(answer.body.subarray(0, Math.ceil(answer.body.length / 2)), () => request.socket.destroy());
        return;
      case 'pass':
        response.writeHead(answer.status, answer.headers).end(answer.body);
    }
  }
}

/** An origin at which nobody listens. */
export async function deadEnd(): Promise<string> {
  const line = await BrokenLine.to('http://127.0.0.1:9');
  const { url } = line;
  await line.close();
  return url;
}

async function read(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function forward(target: string, request: IncomingMessage, body: Buffer): Promise<Answer> {
  const { method, url = '/', headers } = request;
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(
      new URL(url, target),
      { method: method ?? 'GET', headers, agent: false },
      (incoming) => {
        read(incoming).then((answer) => {
          const { 'transfer-encoding': _chunked, connection: _connection, ...rest } = incoming.headers;
          const kept = { ...rest, 'content-length': String(answer.length) };
          resolve({ status: incoming.statusCode ?? 502, headers: kept, body: answer });
        }, reject);
      },
    );
    outgoing.on('error', reject).end(body);
  });
}
