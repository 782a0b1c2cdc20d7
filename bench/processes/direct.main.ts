import { randomUUID } from 'node:crypto';
import { answer } from '../harness/answering';
import { CONCURRENCY, drainWith, sender } from './direct';

let send: ReturnType<typeof sender>;

/** Sends and forgets: what durability is measured against. */
answer({
  setUp: ({ sinkUrl }: { readonly sinkUrl: string }) => void (send = sender(sinkUrl)),
  fill: () => undefined,
  drain: ({ count }: { readonly count: number }) => drainWith(() => send(randomUUID()), count, CONCURRENCY),
});
