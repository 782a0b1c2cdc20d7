import { Injectable } from '@nestjs/common';
import type { Failure } from '@puente/kernel';
import { describeFailure, LogSink, serializeError } from '@puente/observability';
import type { PausedLane } from './paused-lanes';

/** What becomes of lanes that wait for credentials. */
@Injectable()
export class LaneProbeLog {
  constructor(private readonly log: LogSink) {}

  resumed({ tenantId, provider }: PausedLane, integration: string): void {
    this.log.info(
      { event: 'lane.resumed', tenantId, service: provider, integration },
      `The credentials for ${provider} (${integration}) work again: its operations go on`,
    );
  }

  stillRefused({ tenantId, provider }: PausedLane, integration: string, failure: Failure): void {
    this.log.debug(
      {
        event: 'lane.still_paused',
        tenantId,
        service: provider,
        integration,
        failure: describeFailure(failure),
        code: failure.code,
      },
      `The credentials for ${provider} (${integration}) do not work yet: its operations keep waiting`,
    );
  }

  failed(error: unknown): void {
    this.log.warn(
      { event: 'lane.probe_failed', err: serializeError(error) },
      'Paused lanes could not be looked at; trying again',
    );
  }
}
