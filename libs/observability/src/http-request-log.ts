import { Injectable } from '@nestjs/common';
import { LogSink } from './log-sink';
import type { Trace } from './trace';

export interface CompletedRequest {
  readonly method: string;
  /** The template: `/v1/operations/:id`. An address itself can hold a token. */
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
  readonly trace: Trace | undefined;
}

/** What we write about inbound requests: an allow-list, never headers and never bodies. */
@Injectable()
export class HttpRequestLog {
  constructor(private readonly log: LogSink) {}

  completed({ method, route, status, durationMs, trace }: CompletedRequest): void {
    const fields = {
      event: 'http_request.completed',
      method,
      route,
      status,
      durationMs: Math.round(durationMs * 10) / 10,
      requestId: trace?.requestId,
      traceId: trace?.traceId,
      tenantId: trace?.tenantId,
      keyId: trace?.keyId,
    };
    const sentence = `${method} ${route} answered ${String(status)}`;
    if (status >= 500) this.log.error(fields, sentence);
    else if (/^\/(health|metrics)/.test(route)) this.log.debug(fields, sentence);
    else this.log.info(fields, sentence);
  }
}
