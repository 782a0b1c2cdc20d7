import { chmod, lchown, lstat, readdir } from 'node:fs/promises';
import path from 'node:path';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Gives a directory and everything in it to another account. Links are changed themselves, never followed. */
export async function giveTree(directory: string, owner: Owner): Promise<void> {
  await eachIn(directory, async (entry) => lchown(entry, owner.uid, owner.gid));
}

/** Lets every account read a tree and run what is a program in it: `chmod -R a+rX`. */
export async function openTree(directory: string): Promise<void> {
  await eachIn(directory, async (entry) => {
    const stats = await lstat(entry);
    if (stats.isSymbolicLink()) return;
    const run = stats.isDirectory() || (stats.mode & 0o100) !== 0 ? 0o111 : 0;
    await chmod(entry, (stats.mode & 0o7777) | 0o444 | run);
  });
}

async function eachIn(directory: string, act: (entry: string) => Promise<void>): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    const full = path.join(directory, entry.name);
    if (entry.isDirectory()) await eachIn(full, act);
    else await act(full);
  }
  await act(directory);
}
