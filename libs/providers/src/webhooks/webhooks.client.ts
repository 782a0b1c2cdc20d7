import { randomUUID } from 'node:crypto';
import type { EgressGuard } from '@puente/egress';
import { type HttpAnswer, HttpConnection, type OperationCall } from '@puente/integrations';
import { Cancellation, type Secret } from '@puente/kernel';
import { WebhookSigner } from './signature';
import { excerptOf, WebhookHeadersMismatchError, WebhookRefusedError } from './webhooks.errors';
import { type Deliver, type Delivered, LONGEST_TIMEOUT_S, type WebhookConfig, type WebhookSecrets } from './webhooks.schemas'; // prettier-ignore

/** At most to one receiver: as many as a worker has calls at a time, opened only while they are needed. */
const CONNECTIONS = 64;
/** What is read of an answer; what follows is left. */
const MAX_ANSWER_BYTES = 64 * 1024;
const USER_AGENT = 'Puente-Webhooks/1 (+https://www.standardwebhooks.com)';

/** Posts signed messages to one endpoint. Made once for each version of its credentials, with its keys and connections. */
export class WebhooksClient {
  private readonly signer: WebhookSigner;
  private readonly http: HttpConnection;
  private readonly path: string;
  private readonly secrets: readonly string[];
  /** Name after value, as the wire has them: a dictionary would be taken apart again for each message. */
  private readonly headers: readonly string[];
  /** Less than every call has; undefined: that is enough. */
  private readonly timeoutMs: number | undefined;

  /** @throws {WebhookHeadersMismatchError} */
  constructor(secrets: Secret<WebhookSecrets>, config: WebhookConfig, egress: EgressGuard) {
    const { url, headerNames = [], timeoutSeconds = LONGEST_TIMEOUT_S } = config;
    const { signing, headers = {} } = secrets.reveal();
    requireSame(headerNames, Object.keys(headers));
    const { origin, pathname, search } = new URL(url);
    this.signer = new WebhookSigner(signing);
    this.secrets = [...signing.map(({ secret }) => secret), ...Object.values(headers)].filter((text) => text !== '');
    const own = { 'user-agent': USER_AGENT, 'content-type': 'application/json' };
    this.headers = Object.entries({ ...headers, ...own }).flat();
    this.path = pathname + search;
    this.timeoutMs = timeoutSeconds < LONGEST_TIMEOUT_S ? timeoutSeconds * 1_000 : undefined;
    this.http = new HttpConnection(origin, undefined, { egress, connections: CONNECTIONS });
  }

  close(): void {
    this.http.close();
  }

  /** @throws {WebhookRefusedError} an answer that is not 2xx */
  async deliver({ messageId, body }: Deliver, { cancel }: Pick<OperationCall, 'cancel'>): Promise<Delivered> {
    const answer = await this.inTime(cancel, (signal) => this.post(messageId, Buffer.from(body), signal));
    const excerpt = excerptOf(answer, this.secrets);
    return excerpt === undefined ? { status: answer.status } : { status: answer.status, excerpt };
  }

  /** A test event that says nothing: the receiver verifies it like any other, and need not act on it. */
  ping({ cancel }: Pick<OperationCall, 'cancel'>): Promise<Delivered> {
    const body = JSON.stringify({ type: 'ping', timestamp: new Date().toISOString(), data: {} });
    return this.deliver({ messageId: `msg_${randomUUID()}`, body, eventType: 'ping' }, { cancel });
  }

  /** From connecting to the last byte of the answer: one that drips is ended like one that never comes. */
  private async inTime<T>(
    outer: OperationCall['cancel'],
    work: (signal: OperationCall['cancel']) => Promise<T>,
  ): Promise<T> {
    if (this.timeoutMs === undefined) return work(outer);
    const patience = new Cancellation(outer);
    const timer = setTimeout(() => {
      patience.abort(new DOMException('The receiver took too long', 'TimeoutError'));
    }, this.timeoutMs);
    try {
      return await work(patience);
    } finally {
      clearTimeout(timer);
      patience.unlink();
    }
  }

  private async post(id: string, body: Buffer, signal: OperationCall['cancel']): Promise<HttpAnswer> {
    const timestamp = Math.floor(Date.now() / 1_000);
    const headers = [
      ...this.headers,
      ...['webhook-id', id, 'webhook-timestamp', String(timestamp)],
      ...['webhook-signature', this.signer.sign(id, timestamp, body)],
    ];
    const request = {
      method: 'POST',
      path: this.path,
      headers,
      body,
      signal,
      maxAnswerBytes: MAX_ANSWER_BYTES,
    } as const;
    const answer = await this.http.raw(request);
    if (answer.status < 200 || answer.status > 299) throw new WebhookRefusedError(answer);
    return answer;
  }
}

function requireSame(named: readonly string[], given: readonly string[]): void {
  const [names, values] = [lower(named), lower(given)];
  const alone = [...names.filter((name) => !values.includes(name)), ...values.filter((name) => !names.includes(name))];
  if (alone.length > 0) throw new WebhookHeadersMismatchError(alone);
}

function lower(names: readonly string[]): string[] {
  return names.map((name) => name.toLowerCase());
}
