import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Histogram } from 'prom-client';
import { HttpRequestLog } from './http-request-log';
import { Metrics, SECONDS_BUCKETS } from './metrics';
import { beginTrace, type Trace } from './trace';

/** The few things of Fastify we use; its package is the adapter's dependency, not ours. */
interface FastifyLike {
  addHook(
    name: 'onRequest' | 'onResponse',
    hook: (request: FastifyRequestLike, reply: FastifyReplyLike, done: () => void) => void,
  ): void;
}
interface FastifyRequestLike {
  id: string;
  readonly raw: IncomingMessage;
  readonly method: string;
  readonly routeOptions: { readonly url?: string | undefined };
}
interface FastifyReplyLike {
  readonly statusCode: number;
  readonly elapsedTime: number;
}

/** By raw request, because the hook at a request's end no longer runs in its asynchronous context. */
const traces = new WeakMap<IncomingMessage, Trace>();

/** Opens the trace of a request; the middleware of nestjs-cls calls it inside the context it has just made. */
export function openRequest(request: IncomingMessage, response: ServerResponse): void {
  const trace = beginTrace(request.headers);
  traces.set(request, trace);
  response.setHeader('x-request-id', trace.requestId);
}

/**
 * One line and one measurement per finished request. A hook of the server and not an interceptor of Nest: it also sees
 * requests that no route or no guard let through, and it knows the route's template, which has no ids and tokens in it.
 */
@Injectable()
export class HttpRequests implements OnModuleInit {
  private readonly seconds: Histogram<'method' | 'route' | 'status'>;

  constructor(
    private readonly adapter: HttpAdapterHost,
    private readonly log: HttpRequestLog,
    metrics: Metrics,
  ) {
    this.seconds = metrics.histogram({
      name: 'puente_http_request_duration_seconds',
      help: 'Duration of requests to this process in seconds.',
      labelNames: ['method', 'route', 'status'],
      buckets: SECONDS_BUCKETS,
    });
  }

  onModuleInit(): void {
    // A context without a server (command line) has no adapter, whatever the type says.
    const adapter = this.adapter.httpAdapter as HttpAdapterHost['httpAdapter'] | undefined;
    if (adapter?.getType() !== 'fastify') return;
    const server = adapter.getInstance<FastifyLike>();
    // One id for everybody: what a problem document shows is what the log lines carry.
    server.addHook('onRequest', (request, _reply, done) => {
      request.id = traces.get(request.raw)?.requestId ?? request.id;
      done();
    });
    server.addHook('onResponse', (request, reply, done) => {
      this.finished(request, reply);
      done();
    });
  }

  private finished(request: FastifyRequestLike, reply: FastifyReplyLike): void {
    const route = request.routeOptions.url ?? '(no route)';
    const { method } = request;
    const status = reply.statusCode;
    this.seconds.observe({ method, route, status: String(status) }, reply.elapsedTime / 1000);
    this.log.completed({ method, route, status, durationMs: reply.elapsedTime, trace: traces.get(request.raw) });
  }
}
