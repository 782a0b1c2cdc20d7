import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answer } from '../harness/answering';

/**
 * The provider at the other end: answers every POST with an id, at once or after a while, and counts. The same for
 * everybody who is compared.
 */
let delayMs = 0;
let received = 0;
let arrivals: [key: string, at: number][] | undefined;
/** Who waits for how many to have come. */
let awaited: { readonly count: number; readonly resolve: (at: number) => void }[] = [];

const BODY = '{"id":"receipt-1","name":"bench"}';
const HEADERS = { 'content-type': 'application/json', 'content-length': String(BODY.length) };

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  request.resume().once('end', () => {
    if (request.method !== 'POST') {
      finish(response);
      return;
    }
    arrivals?.push([String(request.headers['idempotency-key'] ?? request.headers['webhook-id'] ?? ''), now()]);
    if (delayMs === 0) finish(response);
    else setTimeout(finish, delayMs, response);
    received += 1;
    if (awaited.some(({ count }) => count <= received)) tellThem();
  });
});

function tellThem(): void {
  const at = now();
  for (const { count, resolve } of awaited) if (count <= received) resolve(at);
  awaited = awaited.filter(({ count }) => count > received);
}

function finish(response: ServerResponse): void {
  response.writeHead(200, HEADERS).end(BODY);
}

/** Comparable between the processes of one machine. */
function now(): number {
  return performance.timeOrigin + performance.now();
}

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  answer(
    {
      /** Forgets what came, and delays every answer by so much from now on. */
      reset: (options: { readonly delayMs: number; readonly record?: boolean }) => {
        delayMs = options.delayMs;
        received = 0;
        arrivals = options.record === true ? [] : undefined;
        awaited = [];
      },
      received: () => received,
      /** What came since the last reset with `record`: the idempotency key or webhook id, and when, in epoch milliseconds. */
      arrivals: () => arrivals,
      /** @returns when so many had come, in epoch milliseconds */
      until: (count: number) =>
        new Promise<number>((resolve) => {
          awaited.push({ count, resolve });
          tellThem();
        }),
    },
    { url: `http://127.0.0.1:${String(port)}` },
  );
});
