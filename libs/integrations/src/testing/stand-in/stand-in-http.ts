import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError } from '@puente/kernel';
import type { StandInReply, StandInRequest } from './stand-in.port';

/** Ten messages of SQS's largest size, each byte escaped: far above what any provider's client sends. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;

export class StandInBodyTooLargeError extends AppError {
  readonly code = 'STAND_IN_BODY_TOO_LARGE';

  constructor() {
    super(`The request body is longer than ${String(MAX_BODY_BYTES)} bytes.`);
  }
}

/** Reads the whole request. Rejects when the client goes away in the middle: then there is nobody to answer. */
export async function readRequest(incoming: IncomingMessage, response: ServerResponse): Promise<StandInRequest> {
  const closed = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) closed.abort();
  });
  const body = await readBody(incoming);
  const target = incoming.url ?? '/';
  const cut = target.indexOf('?');
  return {
    id: randomUUID(),
    method: incoming.method ?? 'GET',
    path: cut < 0 ? target : target.slice(0, cut),
    query: new URLSearchParams(cut < 0 ? '' : target.slice(cut + 1)),
    headers: incoming.headers,
    host: incoming.headers.host ?? '127.0.0.1',
    body,
    closed: closed.signal,
  };
}

async function readBody(incoming: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new StandInBodyTooLargeError();
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks);
}

/** @returns whether the reply reached the operating system before the client closed. */
export function writeReply(response: ServerResponse, reply: StandInReply): Promise<boolean> {
  if (response.destroyed || response.socket?.destroyed !== false) return Promise.resolve(false);
  const body = reply.body ?? '';
  return new Promise((resolve) => {
    response.once('finish', () => resolve(true));
    response.once('close', () => resolve(response.writableFinished));
    response.writeHead(reply.status, { ...reply.headers, 'content-length': String(Buffer.byteLength(body)) });
    response.end(body);
  });
}

/** A TCP reset, as a dying server or a firewall sends it: the client learns nothing about its request. */
export function resetConnection(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

export function jsonReply(status: number, body: unknown): StandInReply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body, null, 2) + '\n' };
}
