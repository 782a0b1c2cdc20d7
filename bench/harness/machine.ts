import { cpus, loadavg, totalmem } from 'node:os';
import type { Client } from 'pg';

/** What a figure was measured on; without it a figure means nothing. */
export interface Machine {
  readonly cpu: string;
  readonly cpus: number;
  readonly memoryGb: number;
  readonly node: string;
  readonly postgres: Readonly<Record<string, string>>;
}

const SETTINGS = [
  'server_version',
  'fsync',
  'synchronous_commit',
  'full_page_writes',
  'shared_buffers',
  'max_wal_size',
];

export async function machine(database: Client): Promise<Machine> {
  const { rows } = await database.query<{ name: string; setting: string }>(
    'SELECT name, current_setting(name) AS setting FROM pg_settings WHERE name = ANY ($1)',
    [SETTINGS],
  );
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cpus: cpus().length,
    memoryGb: Math.round(totalmem() / 1e9),
    node: process.version,
    postgres: Object.fromEntries(rows.map(({ name, setting }) => [name, setting])),
  };
}

/** Over one, five and fifteen minutes. A machine that others use gives other figures, but much the same ratios. */
export function load(): readonly number[] {
  return loadavg().map((value) => Math.round(value * 100) / 100);
}
