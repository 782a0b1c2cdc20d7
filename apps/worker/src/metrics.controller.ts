import { timingSafeEqual } from 'node:crypto';
import { Controller, ForbiddenException, Get, Header, Headers, Req } from '@nestjs/common';
import { AppConfigService } from '@puente/config';
import { Metrics } from '@puente/observability';
import type { FastifyRequest } from 'fastify';

const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1']);

/** Prometheus. Open with `METRICS_TOKEN`; without one, to this machine only. */
@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly metrics: Metrics,
    private readonly config: AppConfigService,
  ) {}

  @Get()
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  read(@Headers('authorization') authorization: string | undefined, @Req() request: FastifyRequest): Promise<string> {
    const token = this.config.get('METRICS_TOKEN');
    const allowed = token === undefined ? LOOPBACK.has(request.ip) : equal(authorization ?? '', `Bearer ${token}`);
    if (!allowed) throw new ForbiddenException('METRICS_TOKEN is needed');
    return this.metrics.registry.metrics();
  }
}

function equal(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}
