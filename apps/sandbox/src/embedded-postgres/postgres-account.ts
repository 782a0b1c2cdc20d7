import { chmod, lstat, mkdir, readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import path from 'node:path';
import { NoUnprivilegedAccountError, PostgresBinariesUnusableError } from './embedded-postgres.errors';
import type { Owner } from './file-tree';
import type { Launcher } from './launcher';
import { run } from './launcher';
import type { PostgresBinaries } from './postgres-binaries';
import { copyBinaries, restoreLibraryLinks } from './postgres-binaries';

/** What root may become. The first one keeps all files root's own; the second needs no user namespaces. */
export type RootRunsAs = 'user-namespace' | 'unprivileged-user';

export interface PostgresAccount {
  readonly launcher: Launcher;
  readonly binaries: PostgresBinaries;
  /** As the program reports itself, "18.4". */
  readonly serverVersion: string;
  /** Set when this account cannot enter the data directory's folder: the data have to live below this one. */
  readonly publicRoot?: string;
}

export interface AccountWishes {
  readonly binaries: PostgresBinaries;
  /** The existing folder in which the data directory lies or will lie. */
  readonly folder: string;
  /** Owner of the data if there are any. */
  readonly dataOwner: Owner | undefined;
  readonly rootRunsAs: RootRunsAs | undefined;
  readonly publicPlaces: readonly string[];
}

/**
 * Decides as whom PostgreSQL runs: as ourselves, unless we are root, whom it refuses. Then, in this order:
 *
 * 1. as the ordinary user who owns the data already, so that an earlier start without root stays usable;
 * 2. as root inside a user namespace that calls it something else. The files stay root's, private folders are no
 *    obstacle, and no account is needed. Containers often forbid it;
 * 3. as `nobody`, whose data and binaries are moved to a public place when it cannot enter the project's folder.
 */
export async function chooseAccount(wishes: AccountWishes): Promise<PostgresAccount> {
  const refusals: string[] = [];
  for (const launcher of await candidates(wishes)) {
    const account = await tryLauncher(launcher, wishes);
    if (typeof account !== 'string') return account;
    refusals.push(`${launcher.description}: ${account}`);
  }
  const reasons = refusals.join('\n  ');
  if (process.getuid?.() !== 0) {
    throw new PostgresBinariesUnusableError(`PostgreSQL's programs cannot be run here:\n  ${reasons}`);
  }
  throw new NoUnprivilegedAccountError(
    `PostgreSQL refuses to run as root, and no other way worked:\n  ${reasons}\nStart as an ordinary user, or allow user namespaces.`,
  );
}

async function candidates({ dataOwner, rootRunsAs }: AccountWishes): Promise<Launcher[]> {
  const tie = await parentDeathPrefix();
  const uid = process.getuid?.();
  const self: Launcher = { description: 'as the current user', prefix: tie };
  if (uid === undefined) return [self];
  const known = await accountsOfSystem();
  const namespace = namespaceLauncher(tie, known);
  // initdb looks its user up by name; containers like to run under a number that has none.
  if (uid !== 0) return hasName() ? [self] : [...namespace, self];
  if (rootRunsAs === 'user-namespace') return namespace;
  const nobody = known.filter(({ name }) => name === 'nobody' || name === 'daemon').slice(0, 1);
  const become = (name: string, owner: Owner): Launcher => {
    const { uid: toUid, gid: toGid } = owner;
    return { description: `as user ${name}`, prefix: tie, runAs: { uid: toUid, gid: toGid }, owner };
  };
  const asNobody = nobody.map(({ name, ...owner }) => become(name, owner));
  if (rootRunsAs === 'unprivileged-user') return asNobody;
  const asOwner = dataOwner && dataOwner.uid !== 0 ? [become(String(dataOwner.uid), dataOwner)] : [];
  return [...asOwner, ...namespace, ...asNobody];
}

/**
 * Words that make the kernel stop PostgreSQL (SIGINT: roll back, checkpoint, end) when we die, even by SIGKILL, so that
 * a killed run leaves no server behind. Linux only; elsewhere the next start finds the orphan and stops it.
 */
async function parentDeathPrefix(): Promise<string[]> {
  if (process.platform !== 'linux') return [];
  const words = ['setpriv', '--pdeathsig', 'SIGINT', '--'];
  const { ok } = await run({ description: 'probe', prefix: words }, 'true', []);
  return ok ? words : [];
}

/** Root outside, an ordinary account inside. It needs a name in there, for initdb; which one does not matter. */
function namespaceLauncher(tie: readonly string[], known: readonly NamedOwner[]): Launcher[] {
  const inside = known[0];
  if (process.platform !== 'linux' || inside === undefined) return [];
  const words = ['unshare', '--user', `--map-user=${String(inside.uid)}`, `--map-group=${String(inside.gid)}`, '--'];
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  return [{ description: 'in a user namespace', prefix: [...words, ...tie], owner }];
}

interface NamedOwner extends Owner {
  readonly name: string;
}

/** Accounts from /etc/passwd other than root, `nobody` first. Negative ids (macOS) are of no use to us. */
async function accountsOfSystem(): Promise<NamedOwner[]> {
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '');
  return passwd
    .split('\n')
    .map((line) => line.split(':'))
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
    .filter(({ name, uid, gid }) => name !== '' && !name.startsWith('#') && uid > 0 && gid > 0)
    .sort((a, b) => Number(b.name === 'nobody') - Number(a.name === 'nobody'));
}

function hasName(): boolean {
  try {
    return userInfo().username !== '';
  } catch {
    return false;
  }
}

/** The account, or why it cannot be this one. */
async function tryLauncher(
  launcher: Launcher,
  { binaries, folder, dataOwner, publicPlaces }: AccountWishes,
): Promise<PostgresAccount | string> {
  const own = await serverVersion(launcher, binaries);
  const entersFolder = launcher.owner === undefined || (await canEnter(launcher, folder));
  if ('version' in own && entersFolder) return { launcher, binaries, serverVersion: own.version };
  // Data that exist stay where they are. And only somebody we have become can be helped with a public copy.
  if (!entersFolder && (dataOwner !== undefined || launcher.runAs === undefined)) return `cannot enter ${folder}`;
  if (!('version' in own) && launcher.runAs === undefined) return own.refusal;
  const publicRoot = await makePublicRoot(launcher, publicPlaces);
  if (publicRoot === undefined) return 'there is no folder that this user can enter';
  const copy = 'version' in own ? binaries : await copyBinaries(binaries, publicRoot);
  const answer = await serverVersion(launcher, copy);
  if (!('version' in answer)) return answer.refusal;
  const account = { launcher, binaries: copy, serverVersion: answer.version };
  return entersFolder ? account : { ...account, publicRoot };
}

/** Whether the program runs at all; links missing among its libraries are made on the way. */
async function serverVersion(
  launcher: Launcher,
  binaries: PostgresBinaries,
): Promise<{ version: string } | { refusal: string }> {
  let answer = await run(launcher, binaries.postgres, ['--version']);
  if (!answer.ok && /shared librar|Library not loaded|image not found/.test(answer.stderr)) {
    await restoreLibraryLinks(binaries);
    answer = await run(launcher, binaries.postgres, ['--version']);
  }
  const version = /PostgreSQL\) (\S+)/.exec(answer.stdout)?.[1];
  return answer.ok && version !== undefined ? { version } : { refusal: answer.stderr };
}

async function canEnter(launcher: Launcher, folder: string): Promise<boolean> {
  return (await run(launcher, 'test', ['-x', folder])).ok;
}

/** A folder of ours that others can enter but not list. */
async function makePublicRoot(launcher: Launcher, places: readonly string[]): Promise<string | undefined> {
  for (const place of places) {
    const folder = path.join(place, 'puente');
    const made = await mkdir(folder, { recursive: true }).then(
      () => true,
      () => false,
    );
    if (!made || (await lstat(folder)).uid !== process.getuid?.()) continue;
    await chmod(folder, 0o711);
    if (await canEnter(launcher, folder)) return folder;
  }
  return undefined;
}
