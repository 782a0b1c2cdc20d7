import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { loopbackEgress } from '@puente/integrations/contract-suite';
import { type Failure, Secret } from '@puente/kernel';
import type { WebpayClient } from '../webpay.client';
import { webpay } from '../webpay.provider';
import type { WebpayConfig } from '../webpay.schemas';

export interface SeenRequest {
  readonly line: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

export const apiKey = 'F79B532A7440BB0C9079DED94D31EA16';
export const token = '01ab'.repeat(16);

/** As Webpay answers a commit, nulls and all. */
export const paidTransaction = {
  ...{ vci: 'TSY', amount: 1_000, status: 'AUTHORIZED', buy_order: 'order-1', session_id: 'session-1' },
  ...{ card_detail: { card_number: '6623' }, accounting_date: '1123', transaction_date: '2026-11-23T14:49:29.848Z' },
  ...{ authorization_code: '1213', payment_type_code: 'VN', response_code: 0 },
  ...{ installments_amount: null, installments_number: 0, balance: null },
};

/** For specs of single answers: says what it is told to, which a stand-in that knows Webpay's rules cannot. */
export class AnsweringServer {
  readonly seen: SeenRequest[] = [];
  /** One after another, the last one for all that follow. */
  answers: Answer[] = [json(200, paidTransaction)];
  /** Still said after it has stopped. */
  url = '';
  private readonly server: Server;
  private readonly clients: WebpayClient[] = [];

  private constructor() {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const line = `${request.method ?? ''} ${request.url ?? ''}`;
        this.seen.push({ line, headers: request.headers, body: Buffer.concat(chunks).toString() });
        const answer = this.answers.length > 1 ? this.answers.shift() : this.answers[0];
        answer?.(request, response);
      });
    });
  }

  static async start(): Promise<AnsweringServer> {
    const started = new AnsweringServer();
    await new Promise<void>((resolve) => started.server.listen(0, '127.0.0.1', resolve));
    started.url = `http://127.0.0.1:${String((started.server.address() as AddressInfo).port)}`;
    return started;
  }

  connect(over: Partial<WebpayConfig> = {}): WebpayClient {
    const config: WebpayConfig = { commerceCode: '597055555532', environment: 'integration', host: this.url, ...over };
    const context = { tenantId: 't', externalId: 'x', installation: 'dev', egress: loopbackEgress() };
    const client = webpay.connect(new Secret({ apiKey }), config, context);
    this.clients.push(client);
    return client;
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.close();
    this.server.closeAllConnections();
    if (this.server.listening) await new Promise((resolve) => this.server.close(resolve));
  }
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return (_request, response) => void response.writeHead(status, headers).end(JSON.stringify(body));
}

export function text(status: number, body: string): Answer {
  return (_request, response) => void response.writeHead(status, { 'content-type': 'text/html' }).end(body);
}

export function refusal(message: string, status = 422): Answer {
  return json(status, { error_message: message });
}

/** What the provider makes of a failed call. */
export async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error: unknown = await work.then(
    (value) => {
      throw new Error(`expected a failure, got ${JSON.stringify(value)}`);
    },
    (reason: unknown) => reason,
  );
  return webpay.classify(error);
}
