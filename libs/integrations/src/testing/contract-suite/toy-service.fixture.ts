import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ContractWorld, WireFault } from './contract-subject';

export const TOY_KEY = 'toy-key-0123456789abcdef';

/** The smallest service that has all four effects: parcels with a reference, letters without, and a register of both. */
export class ToyService implements ContractWorld {
  private readonly server: Server;
  private readonly sent: { readonly kind: string; readonly reference: string }[] = [];
  private readonly seen = new Set<string>();
  private readonly faults: WireFault[] = [];
  private revoked = false;

  constructor() {
    this.server = createServer((request, response) => void this.serve(request, response));
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  async effects(): Promise<number> {
    return this.sent.length;
  }

  async fault(fault: WireFault): Promise<void> {
    this.faults.push(fault);
  }

  async clearFaults(): Promise<void> {
    this.faults.length = 0;
  }

  async revoke(): Promise<void> {
    this.revoked = true;
  }

  async restore(): Promise<void> {
    this.revoked = false;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const reply = (status: number, body: object, headers: Record<string, string> = {}): void => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
    };
    const fault = this.faults.shift();
    if (fault) {
      const { status = 400, code = 'FAULT', message = 'by order', retryAfter } = fault;
      reply(status, { code, message }, retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) });
    } else if (this.revoked || request.headers.authorization !== `Bearer ${TOY_KEY}`) {
      reply(401, { code: 'BAD_KEY', message: 'unknown key' });
    } else {
      this.act(request, Buffer.concat(chunks).toString(), reply);
    }
  }

  private act(request: IncomingMessage, body: string, reply: (status: number, body: object) => void): void {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url);
    const { reference = '' } = body === '' ? {} : (JSON.parse(body) as { reference?: string });
    const key = request.headers['idempotency-key'];
    if (pathname === '/me' || pathname === '/status') reply(200, { name: 'toy' });
    else if (request.method === 'GET') {
      const wanted = searchParams.get('reference');
      reply(200, { found: this.sent.some((one) => one.kind === '/parcels' && one.reference === wanted) });
    } else {
      if (typeof key !== 'string' || !this.seen.has(key)) this.sent.push({ kind: pathname, reference });
      if (typeof key === 'string') this.seen.add(key);
      reply(200, { id: `id-${reference}` });
    }
  }
}
