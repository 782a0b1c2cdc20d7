import type { EgressGuard } from '@puente/egress';
import { type HttpAnswer, HttpConnection } from '@puente/integrations';
import type { CancelSignal } from '@puente/kernel';
import { InexactNumberError, parseExact } from './exact-json';
import { OdooAnswerError, OdooUnreadableError } from './odoo.errors';

const NOTHING = Buffer.alloc(0);
const JSON_HEADERS = ['accept', 'application/json', 'content-type', 'application/json'];

/** One Odoo server over HTTP: redirects are not followed, answers have an end, and numbers keep their digits. */
export class OdooConnection {
  private readonly http: HttpConnection;

  constructor(url: string, connections: number, egress: EgressGuard) {
    this.http = new HttpConnection(url, undefined, { egress, connections });
  }

  close(): void {
    this.http.close();
  }

  /** @returns any answer, not interpreted */
  get(path: string, signal: CancelSignal): Promise<HttpAnswer> {
    return this.exchange('GET', path, ['accept', 'application/json'], NOTHING, signal);
  }

  post(path: string, headers: readonly string[], body: string, signal: CancelSignal): Promise<HttpAnswer> {
    return this.exchange('POST', path, [...JSON_HEADERS, ...headers], Buffer.from(body), signal);
  }

  private exchange(
    method: 'GET' | 'POST',
    path: string,
    headers: string[],
    body: Buffer,
    signal: CancelSignal,
  ): Promise<HttpAnswer> {
    // How much is read at most is the connection's own limit, beyond which an answer is none.
    return this.http.raw({ method, path, headers, body, signal, maxAnswerBytes: Number.MAX_SAFE_INTEGER });
  }
}

/**
 * What Odoo says in an answer, whatever its status.
 *
 * @throws {OdooAnswerError} it is somebody else who speaks {@link OdooUnreadableError}
 */
export function wordsOf(answer: HttpAnswer): unknown {
  const { status, headers, text } = answer;
  const isSuccess = status >= 200 && status < 300;
  if (!/^application\/json\b/i.test(headers['content-type'] ?? '')) {
    if (!isSuccess) throw new OdooAnswerError(answer);
    throw new OdooUnreadableError('NOT_ODOO', 'The answer is not JSON.');
  }
  try {
    return parseExact(text);
  } catch (error) {
    if (!isSuccess) throw new OdooAnswerError(answer);
    const isInexact = error instanceof InexactNumberError;
    throw new OdooUnreadableError(isInexact ? 'INEXACT_NUMBER' : 'NOT_ODOO', isInexact ? error.message : 'The answer is not JSON.'); // prettier-ignore
  }
}
