import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';

export const RECEIVERS = ['fast', 'slow', 'failing', 'throttling', 'disabled'] as const;
export type ReceiverName = (typeof RECEIVERS)[number];

/** How the receivers behave: what they answer, and who of them wants order. */
export interface ReceiverPlan {
  /** What `failing` answers the first time to every so-manieth event. */
  readonly failingStatus: number;
  readonly failsEvery: number;
  /** How long `slow` takes. */
  readonly slowMs: number;
  /** What `throttling` takes in a second. */
  readonly perSecond: number;
  /** Whose endpoint is `fifo`. */
  readonly fifo: ReceiverName;
}

/** One request as it arrived. `taken`: it was answered with success. */
export interface Receipt {
  readonly receiver: ReceiverName;
  readonly webhookId: string;
  /** The publisher's own. */
  readonly publisher: number;
  readonly n: number;
  readonly taken: boolean;
  readonly signed: boolean;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly delayMs?: number;
}

/** Five customers’ systems: each keeps its own account of what came, in the order in which it came. */
export class Receivers {
  readonly receipts: Receipt[] = [];
  readonly secrets = new Map<ReceiverName, string>();
  private readonly tries = new Map<string, number>();
  private second = 0;
  private inSecond = 0;

  private constructor(
    private readonly server: Server,
    readonly url: string,
    private readonly plan: ReceiverPlan,
  ) {}

  static async listen(plan: ReceiverPlan): Promise<Receivers> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const receivers = new Receivers(server, `http://127.0.0.1:${String(port)}`, plan);
    server.on('request', (request: IncomingMessage, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { status, headers = {}, delayMs = 0 } = receivers.take(request, Buffer.concat(chunks));
        setTimeout(() => response.writeHead(status, headers).end(), delayMs);
      });
    });
    return receivers;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** Ids that a receiver answered with success, in the order in which each came first. */
  takenBy(receiver: ReceiverName): Map<string, Receipt> {
    const first = new Map<string, Receipt>();
    for (const receipt of this.receipts)
      if (receipt.receiver === receiver && receipt.taken && !first.has(receipt.webhookId))
        first.set(receipt.webhookId, receipt);
    return first;
  }

  private take(request: IncomingMessage, body: Buffer): Answer {
    const receiver = RECEIVERS.find((name) => request.url === `/${name}`);
    if (!receiver) return { status: 404 };
    const webhookId = String(request.headers['webhook-id'] ?? '');
    const { data } = JSON.parse(body.toString()) as { data: { publisher: number; n: number } };
    const answer = this.answer(receiver, webhookId, data.n);
    const signed = isSigned(request, body, this.secrets.get(receiver) ?? '');
    const taken = answer.status < 300;
    this.receipts.push({ receiver, webhookId, publisher: data.publisher, n: data.n, taken, signed });
    return answer;
  }

  private answer(receiver: ReceiverName, webhookId: string, n: number): Answer {
    const { slowMs, failsEvery, failingStatus } = this.plan;
    switch (receiver) {
      case 'slow':
        return { status: 200, delayMs: slowMs };
      case 'failing':
        return { status: n % failsEvery === 0 && this.tryOf(`${receiver} ${webhookId}`) === 1 ? failingStatus : 204 };
      case 'throttling':
        return this.hasRoom() ? { status: 202 } : { status: 429, headers: { 'retry-after': '1' } };
      case 'fast':
      case 'disabled':
        return { status: 200 };
    }
  }

  private tryOf(what: string): number {
    const tries = (this.tries.get(what) ?? 0) + 1;
    this.tries.set(what, tries);
    return tries;
  }

  private hasRoom(): boolean {
    const second = Math.floor(performance.now() / 1_000);
    if (second !== this.second) [this.second, this.inSecond] = [second, 0];
    this.inSecond += 1;
    return this.inSecond <= this.plan.perSecond;
  }
}

/** By Standard Webhooks, v1. The age is not looked at: some of these workers have clocks that are an hour off. */
function isSigned({ headers }: IncomingMessage, body: Buffer, secret: string): boolean {
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const hmac = createHmac('sha256', key);
  hmac.update(`${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.`).update(body);
  const expected = Buffer.from(`v1,${hmac.digest('base64')}`);
  return String(headers['webhook-signature'])
    .split(' ')
    .some((given) => given.length === expected.length && timingSafeEqual(Buffer.from(given), expected));
}
