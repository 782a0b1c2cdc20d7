export * from './bootstrap-sql';
export * from './database-errors';
export * from './database-pool';
export * from './database.module';
export * from './role-check';
export * from './run-migrations';
export * from './tenant-database';
export * from './tenant-tables';
export type * from './transaction';
