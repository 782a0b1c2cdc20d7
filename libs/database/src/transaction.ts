import type { EntityManager } from 'typeorm';

/**
 * SQL of the hot path. Where connections are kept by role, each parses and plans it once and then knows it by its name,
 * which for a large statement is most of the work. One name, one text.
 */
export interface PreparedStatement {
  readonly name: string;
  readonly sql: string;
}

/** What runs SQL: a pool, or a transaction. Rows come back typed by the caller; it knows its own SELECT. */
export interface Queryable {
  query<Row = Record<string, unknown>>(sql: string | PreparedStatement, params?: readonly unknown[]): Promise<Row[]>;
}

/**
 * An open transaction of one tenant, as role `puente_app` with the tenant set: row-level security shows only its rows.
 * `manager` is TypeORM's, on the same connection, for entities.
 */
export interface TenantTransaction extends Queryable {
  readonly tenantId: string;
  readonly manager: EntityManager;
  /** For hints to others about what they can see from then on. Must not throw; never called when it rolls back. */
  afterCommit(then: () => void): void;
}
