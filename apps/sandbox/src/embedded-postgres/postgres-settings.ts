import { startedBySetting } from './predecessor';

export type PostgresSettings = Readonly<Record<string, string | number | boolean>>;

/**
 * For a sandbox on a small machine that still has to keep every commit: `fsync`, `synchronous_commit` and
 * `full_page_writes` stay at their safe defaults. Loopback only, passwords always, no socket files.
 */
const defaults: PostgresSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: 200,
  shared_buffers: '128MB',
  // Nobody replicates a sandbox: less to write, two processes less.
  wal_level: 'minimal',
  max_wal_senders: 0,
  max_logical_replication_workers: 0,
  // The default starts three processes to read files; on two cores they gain nothing.
  io_method: 'sync',
  // Not /dev/shm: containers keep it at 64 MB, and a killed server leaves files there that nobody sweeps.
  dynamic_shared_memory_type: 'mmap',
  max_parallel_workers_per_gather: 0,
  huge_pages: 'off',
  jit: false,
  timezone: 'UTC',
  log_timezone: 'UTC',
  logging_collector: false,
  log_destination: 'stderr',
};

/**
 * The server's command line. Settings are passed there and not in postgresql.conf, so that an existing database always
 * runs with those of this version. Secrets must not be among them: everybody can read a command line.
 */
export function serverArguments(directory: string, port: number, settings: PostgresSettings): string[] {
  const all: PostgresSettings = { ...defaults, ...settings, port, [startedBySetting]: process.pid };
  const words = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${String(value)}`]);
  // The number of the starter must not stand last: it is found by the blank after it.
  return [...words, '-D', directory, '-c', 'cluster_name=puente'];
}
