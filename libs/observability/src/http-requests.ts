import type { IncomingMessage, ServerResponse } from 'node:http';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Histogram } from 'prom-client';
import { HttpRequestLog } from './http-request-log';
import { Metrics, SECONDS_BUCKETS } from './metrics';
import { beginRequestTrace, requestTrace, tracesItself } from './request-trace';
import { closeTrace, openTrace } from './trace';

/** The few things of Fastify we use; its package is the adapter's dependency, not ours. */
interface FastifyLike {
  addHook(
    name: 'onRequest' | 'preHandler' | 'onResponse',
    hook: (request: FastifyRequestLike, reply: FastifyReplyLike, done: () => void) => void,
  ): void;
}
interface FastifyRequestLike {
  id: string;
  readonly raw: IncomingMessage;
  readonly method: string;
  readonly routeOptions: { readonly url?: string | undefined; readonly config?: unknown };
}
interface FastifyReplyLike {
  readonly raw: ServerResponse;
  readonly statusCode: number;
  readonly elapsedTime: number;
  header(name: string, value: string): unknown;
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
    // Hooks and not a middleware of nestjs-cls: what they open is the same, at a fraction of the cost per request.
    server.addHook('onRequest', (request, reply, done) => {
      const { requestId } = beginRequestTrace(request.raw);
      // One id for everybody: what a problem document shows is what the log lines carry.
      request.id = requestId;
      reply.header('x-request-id', requestId);
      done();
    });
    // After the body was read: its events run in no context that an earlier hook could open.
    server.addHook('preHandler', (request, reply, done) => {
      const trace = requestTrace(request.raw);
      const { url = '', config } = request.routeOptions;
      // Nobody but us is asked there, and a worker has no other requests: it stays without a context (see trace.ts).
      if (!trace || PROBED.test(url) || tracesItself(config)) {
        done();
        return;
      }
      reply.raw.once('close', closeTrace);
      openTrace(trace, done);
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
    this.log.completed({ method, route, status, durationMs: reply.elapsedTime, trace: requestTrace(request.raw) });
  }
}
