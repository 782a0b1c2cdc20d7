import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../apps/sandbox/src/embedded-postgres';

export type AppendFsync = 'everysec' | 'always';

export interface RunningRedis {
  readonly port: number;
  readonly pid: number;
  stop(): Promise<void>;
}

const PROGRAM = 'redis-server';

/** Debian's redis-server, installed if it is not there and apt-get is. @returns whether there is one now */
export function installRedis(say: (line: string) => void): boolean {
  if (found(PROGRAM)) return true;
  if (!found('apt-get') || process.getuid?.() !== 0) {
    say('BullMQ is skipped: there is no redis-server, and it cannot be installed here');
    return false;
  }
  say('installing redis-server');
  // It shall only be there; a policy that forbids services to start keeps its own from starting.
  const env = { PATH: process.env['PATH'], DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const quiet = { env, stdio: ['ignore', 'ignore', 'ignore'] as ('ignore' | 'pipe')[] };
  try {
    execFileSync('apt-get', ['update', '-q'], quiet);
    execFileSync('apt-get', ['install', '-y', '-q', '--no-install-recommends', PROGRAM], quiet);
  } catch {
    say('BullMQ is skipped: apt-get could not install redis-server');
  }
  return found(PROGRAM);
}

/** Every write goes to the append-only file; when that reaches the disk is what `appendfsync` says. */
export async function startRedis(appendfsync: AppendFsync): Promise<RunningRedis> {
  const dir = await mkdtemp(path.join(tmpdir(), 'puente-bench-redis-'));
  const port = await freePort();
  const settings = {
    port,
    bind: '127.0.0.1',
    dir,
    appendonly: 'yes',
    appendfsync,
    save: '',
    'maxmemory-policy': 'noeviction',
  };
  const words = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const server = spawn(PROGRAM, words, { stdio: 'ignore' });
  await untilListening(port);
  return {
    port,
    pid: server.pid ?? 0,
    stop: async () => {
      const ended = once(server, 'exit');
      server.kill('SIGKILL');
      await ended;
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function untilListening(port: number): Promise<void> {
  for (let left = 100; ; left--) {
    const socket = createConnection(port, '127.0.0.1');
    const connected = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (connected) return;
    if (left === 0) throw new Error('redis-server did not start');
    await sleep(50);
  }
}

function found(program: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(path.join(folder, program)));
}
