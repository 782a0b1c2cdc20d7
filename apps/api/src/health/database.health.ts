import { Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { AuthDatabase, DispatchDatabase, pendingMigrations, TenantDatabase } from '@puente/database';

/** PostgreSQL as each of our roles sees it. Messages name the fault without addresses or logins. */
@Injectable()
export class DatabaseHealth {
  constructor(
    private readonly indicators: HealthIndicatorService,
    private readonly app: TenantDatabase,
    private readonly dispatch: DispatchDatabase,
    private readonly auth: AuthDatabase,
  ) {}

  async connected(name: string): Promise<HealthIndicatorResult> {
    const indicator = this.indicators.check(name);
    const roles = { app: this.app.withoutTenant, dispatch: this.dispatch, auth: this.auth };
    const asked = await Promise.allSettled(Object.values(roles).map((role) => role.query('SELECT 1')));
    const lost = Object.keys(roles).filter((_, i) => asked[i]?.status === 'rejected');
    return lost.length === 0 ? indicator.up() : indicator.down(`no connection as ${lost.join(', ')}`);
  }

  async migrated(name: string): Promise<HealthIndicatorResult> {
    const indicator = this.indicators.check(name);
    try {
      const pending = await pendingMigrations(this.app.withoutTenant);
      return pending.length === 0 ? indicator.up() : indicator.down(`pending: ${pending.join(', ')}`);
    } catch {
      return indicator.down('the database does not answer');
    }
  }
}
