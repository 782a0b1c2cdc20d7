import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { transformSync } from '@swc/core';
import type { PlantedBug } from './planted-bug';

const ROOT = path.resolve(__dirname, '../../..');

/**
 * A copy of the sources and of the build with one bug in both: the specs run on the first, the processes on the second.
 * What is there is not touched.
 */
export class PlantedTree {
  private constructor(readonly dir: string) {}

  /** @throws when the guard is not where the bug says, exactly once */
  static plant(bug: PlantedBug): PlantedTree {
    const bad = mutated(bug);
    const tree = new PlantedTree(mkdtempSync(path.join(tmpdir(), 'puente-planted-')));
    tree.copy();
    writeFileSync(path.join(tree.dir, bug.file), bad);
    const options = JSON.parse(readFileSync(path.join(ROOT, '.swcrc'), 'utf8')) as object;
    const filename = path.join(tree.dir, bug.file);
    const { code } = transformSync(bad, { ...options, filename, swcrc: false });
    writeFileSync(path.join(tree.build, bug.file.replace(/\.ts$/, '.js')), code);
    return tree;
  }

  get build(): string {
    return path.join(this.dir, 'dist');
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }

  private copy(): void {
    const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: ROOT, encoding: 'utf8' });
    for (const file of listed.split('\n').filter((each) => isThere(each) && !each.startsWith('bench/'))) {
      mkdirSync(path.dirname(path.join(this.dir, file)), { recursive: true });
      cpSync(path.join(ROOT, file), path.join(this.dir, file));
    }
    cpSync(path.join(ROOT, 'dist'), this.build, { recursive: true });
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(this.dir, 'node_modules'));
  }
}

/** Git also lists what was deleted and not committed. */
function isThere(file: string): boolean {
  return file !== '' && existsSync(path.join(ROOT, file));
}

/** @throws when the guard is not where the bug says, exactly once */
export function mutated({ name, file, find, replace }: PlantedBug): string {
  const source = readFileSync(path.join(ROOT, file), 'utf8');
  const places = source.split(find).length - 1;
  if (places === 1) return source.replace(find, () => replace);
  throw new Error(
    `${name}: ${file} holds its guard ${String(places)} times, not once. It was moved or changed: mend test/faults/planted/planted-bugs.ts.`,
  );
}
