import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { AnyProvider } from '@puente/integrations';

/**
 * The tree and the catalogue as generators and checks see them. Tests give changed texts or definitions and leave the
 * disk alone; a text of `undefined` is a file that is gone.
 */
export class Project {
  constructor(
    readonly root: string,
    readonly providers: readonly AnyProvider[],
    private readonly changed: ReadonlyMap<string, string | undefined> = new Map(),
    /** ISO date. */
    readonly today = new Date().toISOString().slice(0, 10),
  ) {}

  /** Paths are relative to the root, with forward slashes. */
  read(file: string): string | undefined {
    if (this.changed.has(file)) return this.changed.get(file);
    const full = path.join(this.root, file);
    return existsSync(full) ? readFileSync(full, 'utf8') : undefined;
  }

  /** Whether a file or folder is there. */
  has(file: string): boolean {
    return this.changed.has(file) ? this.changed.get(file) !== undefined : existsSync(path.join(this.root, file));
  }

  /** Names inside a folder, sorted; folders end with a slash. */
  list(folder: string): string[] {
    const full = path.join(this.root, folder);
    const found = existsSync(full)
      ? readdirSync(full, { withFileTypes: true }).map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name))
      : [];
    const inside = [...this.changed.keys()].filter((file) => path.posix.dirname(file) === folder);
    return [...new Set([...found, ...inside.map((file) => path.posix.basename(file))])]
      .filter((name) => this.has(`${folder}/${name}`))
      .sort();
  }
}
