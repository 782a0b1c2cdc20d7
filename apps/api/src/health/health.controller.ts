import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { HealthCheckService, type HealthCheckResult } from '@nestjs/terminus';
import { Public } from '../auth/scopes.decorator';
import { DatabaseHealth } from './database.health';
import { QueueHealth } from './queue.health';

/** For supervisors and load balancers. Public: it names components, never addresses. */
@ApiTags('Health')
@Public()
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly database: DatabaseHealth,
    private readonly queue: QueueHealth,
  ) {}

  /** The process runs. Restart it when this stops answering. */
  @Get('live')
  @ApiOkResponse({ description: 'The process runs.' })
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** Requests can be served: the database answers, the schema is current. `queue` tells whether accepted work moves. */
  @Get('ready')
  @ApiOperation({ summary: 'Requests can be served' })
  @ApiOkResponse({ description: 'Database, migrations and queue, each with its state.' })
  ready(): Promise<HealthCheckResult> {
    return this.health.check([
      () => this.database.connected('database'),
      () => this.database.migrated('migrations'),
      () => this.queue.moving('queue'),
    ]);
  }
}
