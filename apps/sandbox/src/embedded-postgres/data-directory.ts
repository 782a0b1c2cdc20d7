import { lstat, readFile, readdir, realpath, rm, rmdir, stat, unlink } from 'node:fs/promises';
import path from 'node:path';
import { DataDirectoryInvalidError, DataVersionMismatchError } from './embedded-postgres.errors';
import type { Owner } from './file-tree';

/** A database that `initdb` completed. */
export interface ExistingData {
  /** Where the files really are: the data directory may be a link into a public folder. */
  readonly directory: string;
  readonly major: string;
  readonly owner: Owner;
}

/**
 * Looks at what lies at `dataDir`. A database is there completely or not at all, because it is made beside and renamed
 * (see initdb): so an interrupted initdb is found as "nothing there" and done anew, whereas something incomplete at this
 * place was not made by us, may be somebody's data, and is never deleted.
 */
export async function inspectDataDirectory(dataDir: string): Promise<ExistingData | undefined> {
  const there = await lstat(dataDir).catch(unlessMissing);
  if (there === undefined) return undefined;
  const directory = await realpath(dataDir).catch(unlessMissing);
  if (directory === undefined) {
    throw new DataDirectoryInvalidError(
      `${dataDir} is a link to a database that is gone. Remove the link to begin with an empty database.`,
    );
  }
  const stats = await stat(directory);
  if (!stats.isDirectory()) throw new DataDirectoryInvalidError(`${dataDir} is not a directory. Move it away.`);
  if ((await readdir(directory)).length === 0) return undefined;
  const version = await readFile(path.join(directory, 'PG_VERSION'), 'utf8').catch(unlessMissing);
  const control = await stat(path.join(directory, 'global', 'pg_control')).catch(unlessMissing);
  if (version === undefined || control === undefined) {
    throw new DataDirectoryInvalidError(
      `${dataDir} is not empty and holds no complete database. Nothing was changed. Move it away, or choose another directory.`,
    );
  }
  return { directory, major: version.trim(), owner: { uid: stats.uid, gid: stats.gid } };
}

/** Refuses data of another major version before the server does: it would not say what to do. */
export function checkMajorVersion(data: ExistingData, serverVersion: string): void {
  const major = serverVersion.split('.')[0];
  if (data.major === major) return;
  throw new DataVersionMismatchError(
    `${data.directory} was written by PostgreSQL ${data.major}, but this is PostgreSQL ${serverVersion}. ` +
      'Use the earlier release, or move the directory away to begin with an empty database.',
  );
}

/**
 * Deletes a database, also when it was moved to a public folder. For `--reset`; the server must have been stopped.
 * Something that is no database of ours stays, and is reported.
 */
export async function removeDataDirectory(dataDir: string): Promise<void> {
  const data = await inspectDataDirectory(dataDir);
  if (data === undefined) {
    await rmdir(dataDir).catch(unlessMissing);
    return;
  }
  await rm(data.directory, { recursive: true, force: true });
  // The folder that was made for it in the public root.
  if (data.directory !== path.resolve(dataDir)) await rmdir(path.dirname(data.directory)).catch(() => undefined);
  await unlink(dataDir).catch(unlessMissing);
}

/** For `.catch()`: a file that is not there is an answer, everything else stays an error. */
export function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}
