import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { DataSource, type QueryRunner } from 'typeorm';
import { DatabaseUnavailableError } from './database-errors';
import { queryOf } from './database-pool';
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
    const client = await connected(runner);
    try {
      await begin(runner, client, tenantId);
      const committed: (() => void)[] = [];
      const result = await work(transactionOver(runner, client, tenantId, committed));
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
      const client = await connected(runner);
      try {
        return await rows<Row>(client, sql, params);
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

/** One journey for both. `manager` is told, so that what it saves joins this transaction instead of opening its own. */
async function begin(runner: QueryRunner, client: PoolClient, tenantId: string): Promise<void> {
  Object.assign(runner, { isTransactionActive: true, transactionDepth: 1 });
  await client.query(`BEGIN; SELECT set_config('app.tenant_id', ${client.escapeLiteral(tenantId)}, true)`);
}

async function connected(runner: QueryRunner): Promise<PoolClient> {
  try {
    return (await runner.connect()) as PoolClient;
  } catch (cause) {
    throw new DatabaseUnavailableError(cause);
  }
}

function transactionOver(
  runner: QueryRunner,
  client: PoolClient,
  tenantId: string,
  committed: (() => void)[],
): TenantTransaction {
  return {
    tenantId,
    manager: runner.manager,
    query: (sql, params = []) => rows(client, sql, params),
    afterCommit: (then) => void committed.push(then),
  };
}

async function rows<Row>(
  client: PoolClient,
  sql: string | PreparedStatement,
  params: readonly unknown[],
): Promise<Row[]> {
  return (await client.query(queryOf(sql, params))).rows as Row[];
}
