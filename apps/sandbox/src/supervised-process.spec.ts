import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ChildStartError, SupervisedProcess } from './supervised-process';

const READY = `process.send({ ready: true, pid: process.pid }); process.on('disconnect', () => process.exit(0));`;

describe('SupervisedProcess', () => {
  let folder: string;
  const lines: string[] = [];
  const started: SupervisedProcess[] = [];

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'puente-supervised-'));
  });

  afterEach(async () => {
    await Promise.all(started.splice(0).map((child) => child.stop(1_000)));
    lines.length = 0;
    rmSync(folder, { recursive: true });
  });

  function supervise(
    script: string,
    onRestart: () => void = () => undefined,
    readyWithinMs = 10_000,
  ): SupervisedProcess {
    const entry = path.join(folder, 'child.js');
    writeFileSync(entry, script);
    const child = new SupervisedProcess({
      name: 'child',
      entry,
      env: {},
      readyWithinMs,
      log: (line) => lines.push(line),
      onRestart,
    });
    started.push(child);
    return child;
  }

  it('is ready when the child says so, and answers with its message', async () => {
    const child = supervise(READY);
    expect(await child.start()).toEqual({ ready: true, pid: child.pid });
  });

  it('starts the child again when it is killed, and says so', async () => {
    let restarted: () => void = () => undefined;
    const again = new Promise<void>((resolve) => (restarted = resolve));
    const child = supervise(`${READY} setInterval(() => {}, 1000);`, () => {
      restarted();
    });
    await child.start();
    const first = child.pid;

    process.kill(first ?? 0, 'SIGKILL');
    await again;

    expect(child.pid).not.toBe(first);
    expect(lines.join()).toContain('child has ended; starting it again');
  });

  it('does not start it again when it was stopped on purpose, and kills one that does not listen', async () => {
    const child = supervise(`${READY} process.on('SIGTERM', () => {}); setInterval(() => {}, 1000);`);
    await child.start();
    await child.stop(100);
    expect(() => process.kill(child.pid ?? 0, 0)).toThrow('ESRCH');
  });

  it('reports the last words of a child that ends before it is ready', async () => {
    const child = supervise(`console.error('port 3000 is taken'); process.exit(1);`);
    await expect(child.start()).rejects.toThrow(ChildStartError);
    const second = supervise(`console.error('port 3000 is taken'); process.exit(1);`);
    await expect(second.start()).rejects.toThrow('port 3000 is taken');
  });

  it('gives up on a child that is never ready', async () => {
    const child = supervise(`setInterval(() => {}, 1000);`, undefined, 300);
    await expect(child.start()).rejects.toThrow('was not ready within 0.3 s');
  });
});
