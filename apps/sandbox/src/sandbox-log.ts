import { createWriteStream, existsSync, mkdirSync, renameSync, type WriteStream } from 'node:fs';
import path from 'node:path';

/** Each process's output in a file of its own under `.puente/logs`; the start before is kept as `<name>.previous.log`. */
export class SandboxLog {
  private readonly files = new Map<string, WriteStream>();

  constructor(private readonly folder: string) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  of(name: string): (line: string) => void {
    const current = path.join(this.folder, `${name}.log`);
    if (existsSync(current)) renameSync(current, path.join(this.folder, `${name}.previous.log`));
    const file = createWriteStream(current, { flags: 'w', mode: 0o600 });
    file.on('error', () => undefined); // a full disk must not stop what is being logged
    this.files.set(name, file);
    return (line) => {
      file.write(`${line}\n`);
    };
  }

  close(): void {
    for (const file of this.files.values()) file.end();
  }
}
