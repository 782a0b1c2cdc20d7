import { Injectable } from '@nestjs/common';
import { TenantDatabase, type TenantTransaction } from '@puente/database';
import { type JsonValue, uuidv7 } from '@puente/kernel';
import { AuditLog, IntegrationViews, InvalidFieldsError, type Origin } from '@puente/tenancy';
import { AccountingRoutesChangedError } from './accounting.errors';
import { AccountingRoute, type AccountingRoutesBody } from './accounting-routes.schemas';
import { DEFAULT_ROUTES } from './default-routes';
import { accountProblems } from './route-accounts';
import { routeProblems } from './route-problems';

/** A tenant's routes as they are in force. */
export interface RoutesInForce {
  /** 0: the tenant has saved none, and the built-in ones are used. */
  readonly version: number;
  readonly routes: readonly AccountingRoute[];
  readonly savedAt: Date | null;
}

/** Which messages become which calls. Each save is a version; entries name the one by which they were made. */
@Injectable()
export class AccountingRoutes {
  constructor(
    private readonly database: TenantDatabase,
    private readonly audit: AuditLog,
    private readonly integrations: IntegrationViews,
  ) {}

  get(tenantId: string): Promise<RoutesInForce> {
    return this.database.run(tenantId, (tx) => this.of(tx));
  }

  async of(tx: TenantTransaction): Promise<RoutesInForce> {
    const [row] = await tx.query<{ version: number; routes: unknown[]; savedAt: Date }>(
      `SELECT version, routes, saved_at AS "savedAt" FROM accounting_routes WHERE tenant_id = $1
       ORDER BY version DESC LIMIT 1`,
      [tx.tenantId],
    );
    if (!row) return { version: 0, routes: DEFAULT_ROUTES, savedAt: null };
    return { ...row, routes: row.routes.map((route) => AccountingRoute.parse(route)) };
  }

  /**
   * Replaces all routes.
   *
   * @throws {InvalidFieldsError} they would lose or double entries, or Odoo could not be called so @throws {AccountingRoutesChangedError}
   */
  async put(tenantId: string, { routes, version }: AccountingRoutesBody, origin: Origin): Promise<RoutesInForce> {
    const accounts = (await this.integrations.list(tenantId)).filter(({ provider }) => provider === 'odoo');
    const problems = [...routeProblems(routes), ...accountProblems(routes, accounts)];
    if (problems.length > 0) throw new InvalidFieldsError(problems);
    return this.database.run(tenantId, async (tx) => {
      await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('accounting_routes:' || $1, 0))`, [tenantId]);
      const current = await this.of(tx);
      if (version !== undefined && version !== current.version)
        throw new AccountingRoutesChangedError(version, current.version);
      await tx.query(
        `INSERT INTO accounting_routes (id, tenant_id, version, routes, saved_at) VALUES ($1, $2, $3, $4, puente_now())`,
        [uuidv7(), tenantId, current.version + 1, JSON.stringify(routes)],
      );
      await this.audit.record(tx, {
        ...origin,
        action: 'accounting_routes.put',
        target: 'accounting:routes',
        outcome: 'done',
        detail: { version: current.version + 1, routes: routes.map(({ name, via }) => ({ name, via })) as JsonValue },
      });
      return this.of(tx);
    });
  }
}
