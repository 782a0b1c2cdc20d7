import { Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { pendingMigrations, TenantDatabase } from '@puente/database';
import { SnapshotWatch } from '@puente/ledger';
import { PollingHealth } from '@puente/queue';

/** PostgreSQL as the worker needs it. */
@Injectable()
export class DatabaseHealth {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly polling: PollingHealth,
    private readonly database: TenantDatabase,
    private readonly snapshots: SnapshotWatch,
  ) {}

  async connected(name: string): Promise<HealthIndicatorResult> {
    const indicator = this.indicators.check(name);
    return (await this.polling.isHealthy().catch(() => false)) ? indicator.up() : indicator.down('no connection');
  }

  /** For people: a restart of the worker would not end somebody else's transaction. */
  async oldestSnapshot(name: string): Promise<HealthIndicatorResult> {
    return this.indicators.check(name).up({ seconds: Math.round(this.snapshots.oldestSeconds) });
  }

  async migrated(name: string): Promise<HealthIndicatorResult> {
    const indicator = this.indicators.check(name);
    const pending = await pendingMigrations(this.database.withoutTenant).catch(() => ['unknown']);
    return pending.length === 0 ? indicator.up() : indicator.down(`pending: ${pending.join(', ')}`);
  }
}
