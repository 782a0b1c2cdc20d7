export { removeDataDirectory } from './data-directory';
export * from './embedded-postgres.errors';
export { startEmbeddedPostgres } from './embedded-postgres';
export type { EmbeddedPostgresOptions, RunningPostgres } from './embedded-postgres';
export { freePort } from './free-port';
export type { RootRunsAs } from './postgres-account';
export type { PostgresExit, StopMode } from './postgres-process';
export type { PostgresSettings } from './postgres-settings';
