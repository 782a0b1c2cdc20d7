import { Injectable } from '@nestjs/common';
import { DataSource, type QueryRunner } from 'typeorm';
import { DatabaseUnavailableError } from './database-errors';
import type { PreparedStatement, Queryable, TenantTransaction } from './transaction';

/**
 * The only way to a tenant's rows. Everything runs inside a transaction in which the tenant is set with
 * `set_config(…, true)`, so that a pooled connection never carries one tenant's context to the next user.
 */
@Injectable()
export class TenantDatabase {
  constructor(private readonly source: DataSource) {}

  /** Runs `work` in one transaction of this tenant and rolls back when it throws. */
  async run<T>(tenantId: string, work: (tx: TenantTransaction) => Promise<T>): Promise<T> {
    const runner = this.source.createQueryRunner();
    await connected(runner);
    try {
      await runner.startTransaction();
      await runner.query(`SELECT set_config('app.tenant_id', $1, true)`, [tenantId]);
      const committed: (() => void)[] = [];
      const result = await work(transactionOver(runner, tenantId, committed));
      await runner.commitTransaction();
      for (const then of committed) then();
      return result;
    } catch (error) {
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined); // a lost connection rolls back by itself
      throw error;
    } finally {
      await runner.release();
    }
  }

  /** For checks that need no tenant: role, schema version. Row-level security shows no tenant's rows here. */
  readonly withoutTenant: Queryable = {
    query: async <Row>(sql: string | PreparedStatement, params: readonly unknown[] = []): Promise<Row[]> => {
      const runner = this.source.createQueryRunner();
      await connected(runner);
      try {
        return await rows<Row>(runner, sql, params);
      } finally {
        await runner.release();
      }
    },
  };
}

/**
 * The same transaction as another tenant, for as long as `work` takes. For what the platform does to a tenant and writes
 * into the trails of both.
 */
export async function asTenant<T>(
  tx: TenantTransaction,
  tenantId: string,
  work: (tx: TenantTransaction) => Promise<T>,
): Promise<T> {
  const become = (id: string): Promise<unknown> => tx.query(`SELECT set_config('app.tenant_id', $1, true)`, [id]);
  await become(tenantId);
  try {
    return await work({ ...tx, tenantId });
  } finally {
    await become(tx.tenantId).catch(() => undefined); // refused only by a transaction that can do nothing but roll back
  }
}

async function connected(runner: QueryRunner): Promise<void> {
  try {
    await runner.connect();
  } catch (cause) {
    throw new DatabaseUnavailableError(cause);
  }
}

function transactionOver(runner: QueryRunner, tenantId: string, committed: (() => void)[]): TenantTransaction {
  return {
    tenantId,
    manager: runner.manager,
    query: (sql, params = []) => rows(runner, sql, params),
    afterCommit: (then) => void committed.push(then),
  };
}

/** TypeORM cannot prepare: here a statement is planned each time. */
async function rows<Row>(
  runner: QueryRunner,
  sql: string | PreparedStatement,
  params: readonly unknown[],
): Promise<Row[]> {
  const text = typeof sql === 'string' ? sql : sql.sql;
  const result = await runner.query(text, params as unknown[], true);
  return result.records as Row[];
}
