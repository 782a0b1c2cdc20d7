import { Controller, Get } from '@nestjs/common';
import { HealthCheckService, type HealthCheckResult, HealthIndicatorService } from '@nestjs/terminus';
import { pendingMigrations, TenantDatabase } from '@puente/database';
import { PollingHealth, QueueReaders } from '@puente/queue';

/** For the supervisor and whoever watches. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly polling: PollingHealth,
    private readonly database: TenantDatabase,
    private readonly queues: QueueReaders,
  ) {}

  /** The process runs. Restart it when this stops answering. */
  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** Work is being done: the database answers and its schema is current. `queues` tells how many are read. */
  @Get('ready')
  ready(): Promise<HealthCheckResult> {
    return this.health.check([
      async () => {
        const database = this.indicators.check('database');
        return (await this.polling.isHealthy().catch(() => false)) ? database.up() : database.down('no connection');
      },
      async () => {
        const migrations = this.indicators.check('migrations');
        const pending = await pendingMigrations(this.database.withoutTenant).catch(() => ['unknown']);
        return pending.length === 0 ? migrations.up() : migrations.down(`pending: ${pending.join(', ')}`);
      },
      async () => this.indicators.check('queues').up({ read: this.queues.all().length }),
    ]);
  }
}
