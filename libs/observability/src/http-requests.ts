import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Histogram } from 'prom-client';
import { HttpRequestLog } from './http-request-log';
import { Metrics, SECONDS_BUCKETS } from './metrics';
import { runInTrace, type Trace, traceFrom } from './trace';

/** The few things of Fastify we use; its package is the adapter's dependency, not ours. */
interface FastifyLike {
  addHook(
    name: 'onRequest' | 'onResponse',
    hook: (request: FastifyRequestLike, reply: FastifyReplyLike, done: () => void) => void,
  ): void;
}
interface FastifyRequestLike {
  id: string;
  readonly raw: TracedMessage;
  readonly method: string;
  readonly routeOptions: { readonly url?: string | undefined };
}
interface FastifyReplyLike {
  readonly raw: ServerResponse;
  readonly statusCode: number;
  readonly elapsedTime: number;
}

const TRACE = Symbol('puente.request');

/** The trace hangs on the request too, because the hook at its end no longer runs in its asynchronous context. */
interface TracedMessage extends IncomingMessage {
  [TRACE]?: Trace;
}

/** Routes of health and metrics. */
const PROBED = /^\/(?:health|metrics)/;

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
    // A hook and not a middleware of nestjs-cls: what it opens is the same, at a fraction of the cost per request.
    server.addHook('onRequest', (request, reply, done) => {
      const trace = traceFrom(request.raw.headers);
      request.raw[TRACE] = trace;
      // One id for everybody: what a problem document shows is what the log lines carry.
      request.id = trace.requestId;
      reply.raw.setHeader('x-request-id', trace.requestId);
      // Nobody but us is asked there, and a worker has no other requests: it stays without a context (see trace.ts).
      if (PROBED.test(request.routeOptions.url ?? '')) done();
      else runInTrace(trace, done);
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
    this.log.completed({ method, route, status, durationMs: reply.elapsedTime, trace: request.raw[TRACE] });
  }
}
