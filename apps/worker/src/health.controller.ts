import { Controller, Get } from '@nestjs/common';
import { HealthCheckService, type HealthCheckResult, HealthIndicatorService } from '@nestjs/terminus';
import { NoteReader } from '@puente/ledger';
import { QueueReaders } from '@puente/queue';
import { DatabaseHealth } from './database.health';

/** For the supervisor and whoever watches. */
@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly indicators: HealthIndicatorService,
    private readonly database: DatabaseHealth,
    private readonly queues: QueueReaders,
    private readonly notes: NoteReader,
  ) {}

  /** The process runs. Restart it when this stops answering. */
  @Get('live')
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /**
   * Work is being done: the database answers and its schema is current. `queues` tells how many are read, `dispatch` how
   * the worker hears of work; without its dispatch queue it looks for work itself, and is no less ready.
   */
  @Get('ready')
  ready(): Promise<HealthCheckResult> {
    return this.health.check([
      () => this.database.connected('database'),
      () => this.database.migrated('migrations'),
      () => this.database.oldestSnapshot('oldestSnapshot'),
      async () => this.indicators.check('queues').up({ read: this.queues.all().length }),
      async () => this.indicators.check('dispatch').up(this.dispatch()),
    ]);
  }

  private dispatch(): { mode: string; queue?: string } {
    const { state } = this.notes;
    return state === 'none' ? { mode: 'postgres' } : { mode: 'sqs', queue: state === 'away' ? 'away' : 'answers' };
  }
}
