import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lockDataDirectory, SandboxRunningError } from './sandbox-lock';

describe('lockDataDirectory', () => {
  let dataDir: string;

  beforeEach(() => {
    dataDir = mkdtempSync(path.join(tmpdir(), 'puente-lock-'));
  });

  afterEach(() => {
    rmSync(dataDir, { recursive: true });
  });

  const file = (): string => path.join(dataDir, 'sandbox.pid');

  it('is taken and given back', () => {
    const release = lockDataDirectory(dataDir);
    expect(existsSync(file())).toBe(true);
    release();
    expect(existsSync(file())).toBe(false);
  });

  it('refuses a directory that a living sandbox has, and names the process', async () => {
    const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await once(other, 'spawn');
    try {
      lockDataDirectory(dataDir);
      const mine = JSON.parse(readFileSync(file(), 'utf8')) as { started: string };
      const stat = readFileSync(`/proc/${String(other.pid)}/stat`, 'utf8');
      const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
      writeFileSync(file(), JSON.stringify({ ...mine, pid: other.pid, started }));

      expect(() => lockDataDirectory(dataDir)).toThrow(SandboxRunningError);
      expect(() => lockDataDirectory(dataDir)).toThrow(String(other.pid));
    } finally {
      other.kill('SIGKILL');
      await once(other, 'exit');
    }
    expect(() => lockDataDirectory(dataDir)).not.toThrow();
  });

  it('takes over from a killed one whose process id another program has now', () => {
    writeFileSync(file(), JSON.stringify({ pid: 1, started: 'long ago' }));
    expect(() => lockDataDirectory(dataDir)).not.toThrow();
  });

  it('takes over a lock that was cut off while it was written', () => {
    writeFileSync(file(), '{"pid": 1');
    expect(() => lockDataDirectory(dataDir)).not.toThrow();
  });
});
