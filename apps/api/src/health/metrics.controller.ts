import { Controller, Get, Header, Headers, Req } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { AppConfigService } from '@puente/config';
import { mayReadMetrics, Metrics } from '@puente/observability';
import type { FastifyRequest } from 'fastify';
import { Public } from '../auth/scopes.decorator';
import { MetricsForbiddenError } from '../http/http-errors';

/** Prometheus. Open with `METRICS_TOKEN`; without one, to this machine only. */
@Public()
@ApiExcludeController()
@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly metrics: Metrics,
    private readonly config: AppConfigService,
  ) {}

  @Get()
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  read(@Headers('authorization') authorization: string | undefined, @Req() request: FastifyRequest): Promise<string> {
    if (!mayReadMetrics({ ip: request.ip, authorization }, this.config.get('METRICS_TOKEN')))
      throw new MetricsForbiddenError();
    return this.metrics.registry.metrics();
  }
}
