import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How a browser came back: method, parameters, and what the browser called itself. */
export interface CameBack {
  readonly method: string;
  readonly params: Readonly<Record<string, string>>;
}

/** A shop that only notes who comes back to it; its return address has a parameter of its own. */
export class TinyShop {
  readonly visits: CameBack[] = [];
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      void read(request).then((body) => {
        const url = new URL(request.url ?? '/', 'http://shop');
        if (url.pathname === '/back') {
          const params = Object.fromEntries([...url.searchParams, ...new URLSearchParams(body)]);
          this.visits.push({ method: request.method ?? '', params });
          response.writeHead(303, { location: '/done', 'cache-control': 'no-store' }).end();
          return;
        }
        if (url.pathname === '/pay') {
          response.writeHead(200, { 'content-type': 'text/html' }).end(paymentButton(url.searchParams));
          return;
        }
        response
          .writeHead(200, { 'content-type': 'text/html' })
          .end('<!doctype html><title>Tienda</title><h1>Tienda</h1>');
      });
    });
  }

  static async open(): Promise<TinyShop> {
    const shop = new TinyShop();
    await new Promise<void>((resolve) => shop.server.listen(0, '127.0.0.1', resolve));
    return shop;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  get returnUrl(): string {
    return `${this.url}/back?cart=7`;
  }

  /** A page whose one button sends the browser to Webpay, as a shop's does. */
  formTo(action: string, field: string, token: string): string {
    return `${this.url}/pay?${new URLSearchParams({ action, field, token }).toString()}`;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }
}

async function read(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request as AsyncIterable<Buffer>) text += chunk.toString();
  return text;
}

function paymentButton(wanted: URLSearchParams): string {
  const [action, field, token] = ['action', 'field', 'token'].map((name) => wanted.get(name) ?? '');
  return `<!doctype html><title>Tienda</title><form method="post" action="${String(action)}">
    <input type="hidden" name="${String(field)}" value="${String(token)}"><button>Pagar</button></form>`;
}
