import { Injectable } from '@nestjs/common';
import { DispatchDatabase, TenantDatabase } from '@puente/database';
import { PollingHealth } from '@puente/queue';

/** Queues are read only while PostgreSQL takes what is in them, in both roles that the intake needs. */
@Injectable()
export class DatabasePollingHealth extends PollingHealth {
  constructor(
    private readonly app: TenantDatabase,
    private readonly dispatch: DispatchDatabase,
  ) {
    super();
  }

  async isHealthy(): Promise<boolean> {
    await Promise.all([this.app.withoutTenant.query('SELECT 1'), this.dispatch.query('SELECT 1')]);
    return true;
  }
}
