import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/**
 * What happens on the line to the next requests.
 *
 * - `pass`: nothing.   - `reset_before`: the request is read, not delivered, and the connection reset.
 * - `reset_after`: delivered, its answer thrown away, the connection reset.   - `silence`: delivered, never answered.
 * - `truncate`: delivered, half of the answer arrives.   - `garbage`: delivered, and answered with something else.
 * - `redirect`: delivered, and answered with 307 to another origin, which is this line under another name.
 * - `flood`: delivered, and answered without end.   - `drip`: delivered, and answered a byte at a time without end.
 */
export type LineFault =
  'pass' | 'reset_before' | 'reset_after' | 'silence' | 'truncate' | 'garbage' | 'redirect' | 'flood' | 'drip';

const FLOOD = Buffer.alloc(256 * 1024, ' ');
/** More than any provider has to say: who has not cut an answer off by now reads everything. */
export const MOST_FLOOD = 64 * 1024 * 1024;
export const DRIP_MS = 20;

/** What stands between a client and its stand-in, counts, and breaks as told. */
export interface ContractLine {
  fault: LineFault;
  /** Requests that reached this end, and those whose client went away before its answer. */
  readonly requests: number;
  readonly abandoned: number;
  /** Bytes of endless answers that the client took. */
  readonly flooded: number;
  /** Bytes of dripping answers. */
  readonly dripped: number;
  /** Where clients connect to. */
  readonly url: string;
  /** Afterwards nobody listens at {@link url}. */
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/**
 * A line between a provider's client and its stand-in: counts requests and breaks as told. What it does to an answer, no
 * stand-in has to be taught, so every provider is tried with the same accidents.
 */
export class BrokenLine implements ContractLine {
  fault: LineFault = 'pass';
  requests = 0;
  abandoned = 0;
  flooded = 0;
  dripped = 0;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  private constructor(private readonly target: string) {
    this.server = createServer(
      (request, response) => void this.serve(request, response).catch(() => response.destroy()),
    );
    this.server.on('connection', (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  static async to(target: string): Promise<BrokenLine> {
    const line = new BrokenLine(target);
    await new Promise<void>((resolve) => line.server.listen(0, '127.0.0.1', resolve));
    return line;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    if (this.server.listening) await new Promise((resolve) => this.server.close(resolve));
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests += 1;
    const { fault } = this;
    response.on('close', () => {
      if (!response.writableFinished && (fault === 'silence' || fault === 'drip')) this.abandoned += 1;
    });
    const body = await read(request);
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
        this.flood(response);
        return;
      case 'drip':
        this.drip(response);
        return;
      case 'truncate':
        response.writeHead(answer.status, { ...answer.headers, 'content-length': String(answer.body.length + 1) });
        response.write(answer.body.subarray(0, Math.ceil(answer.body.length / 2)), () => request.socket.destroy());
        return;
      case 'pass':
        response.writeHead(answer.status, answer.headers).end(answer.body);
    }
  }

  private drip(response: ServerResponse): void {
    // The client may have gone while the answer was fetched: then nothing would end the dripping.
    if (response.destroyed) return;
    response.writeHead(200, { 'content-type': 'application/json' });
    const dripping = setInterval(() => {
      response.write(' ');
      this.dripped += 1;
    }, DRIP_MS);
    response.on('close', () => {
      clearInterval(dripping);
    });
  }

  /** As fast as it is read, until the client goes away. */
  private flood(response: ServerResponse): void {
    if (response.destroyed) return;
    if (this.flooded >= MOST_FLOOD) {
      response.destroy();
      return;
    }
    this.flooded += FLOOD.length;
    response.write(FLOOD, () => {
      this.flood(response);
    });
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
