import { Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { AuthDatabase, DispatchDatabase, pendingMigrations, TenantDatabase } from '@puente/database';

const PATIENCE_MS = 3_000;

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
    const asked = await Promise.allSettled(Object.values(roles).map((role) => soon(role.query('SELECT 1'))));
    const lost = Object.keys(roles).filter((_, i) => asked[i]?.status === 'rejected');
    return lost.length === 0 ? indicator.up() : indicator.down(`no connection as ${lost.join(', ')}`);
  }

  async migrated(name: string): Promise<HealthIndicatorResult> {
    const indicator = this.indicators.check(name);
    try {
      const pending = await soon(pendingMigrations(this.app.withoutTenant));
      return pending.length === 0 ? indicator.up() : indicator.down(`pending: ${pending.join(', ')}`);
    } catch {
      return indicator.down('the database does not answer');
    }
  }
}

/** A database that hangs is as bad as one that is gone, and whoever asks for readiness will not wait for it. */
async function soon<T>(answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error('no answer in time'));
    }, PATIENCE_MS);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
