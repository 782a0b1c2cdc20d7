import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
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
  watched.get(incoming.socket)?.();
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

/** Sockets whose last reply may still be refused. A next request on one says that it was read. */
const watched = new WeakMap<Socket, () => void>();
/** How long after its last byte a reply may still turn out to have met a closed socket. */
const WATCH_MS = 1_000;

/** @returns whether the client can have read the reply. */
export async function writeReply(response: ServerResponse, reply: StandInReply): Promise<boolean> {
  const { socket } = response;
  if (response.destroyed || !socket || socket.destroyed) return false;
  const body = reply.body ?? '';
  const refused = reply.undelivered ? watchForRefusal(socket) : undefined;
  const written = await new Promise<boolean>((resolve) => {
    response.once('finish', () => resolve(true));
    response.once('close', () => resolve(response.writableFinished));
    response.writeHead(reply.status, { ...reply.headers, 'content-length': String(Buffer.byteLength(body)) });
    if (reply.dripMs === undefined) response.end(body);
    else void drip(response, Buffer.from(body), reply.dripMs);
  });
  return written && !(await refused);
}

/** A byte at a time, as long as somebody reads. The last one ends the answer: the client may ask again at once. */
async function drip(response: ServerResponse, body: Buffer, everyMs: number): Promise<void> {
  for (const byte of body.subarray(0, -1)) {
    if (response.destroyed) return;
    response.write(Buffer.of(byte));
    await sleep(everyMs, undefined, { ref: false });
  }
  response.end(body.subarray(-1));
}

/**
 * A client that closes its socket at the very moment of the reply refuses it: its system answers our bytes with a
 * reset. Seen in two ways: as an error of the connection; or, when its goodbye came first, by one more byte that can
 * no longer be written. A client that has read the reply and closes then (curl does at once) takes that byte.
 */
function watchForRefusal(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = (): void => {
      // We said goodbye ourselves (`Connection: close`): nothing to find out.
      if (!socket.writable) settle(false);
      else socket.write(' ', (error) => settle(Boolean(error)));
    };
    const fail = (): void => settle(true);
    const keep = (): void => settle(false);
    const timer = setTimeout(keep, WATCH_MS);
    const settle = (refused: boolean): void => {
      clearTimeout(timer);
      watched.delete(socket);
      socket.off('end', probe).off('error', fail).off('close', keep);
      resolve(refused);
    };
    // First of all: the HTTP server's own listener closes the connection, and then nothing can be written any more.
    socket.prependListener('end', probe);
    socket.on('error', fail).on('close', keep);
    watched.set(socket, keep);
  });
}

/** A TCP reset, as a dying server or a firewall sends it: the client learns nothing about its request. */
export function resetConnection(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

export function jsonReply(status: number, body: unknown): StandInReply {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body, null, 2) + '\n' };
}

export function htmlReply(status: number, html: string): StandInReply {
  return { status, headers: { 'content-type': 'text/html; charset=utf-8' }, body: html };
}
