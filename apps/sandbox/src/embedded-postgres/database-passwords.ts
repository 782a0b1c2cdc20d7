import { randomBytes } from 'node:crypto';
import { chmod, link, mkdir, open, readFile, unlink } from 'node:fs/promises';
import path from 'node:path';
import { ROLES } from '@puente/database';
import { z } from 'zod';
import { unlessMissing } from './data-directory';
import { PasswordsLostError } from './embedded-postgres.errors';

const logins = ['superuser', ...ROLES, 'sandbox'] as const;
export type DatabaseLogin = (typeof logins)[number];
export type DatabasePasswords = Readonly<Record<DatabaseLogin, string>>;

const PasswordFile = z.record(z.enum(logins), z.string().min(1));

/**
 * The passwords of the embedded database, random, made on the first start and kept in a file that only its owner reads.
 * They are written before the database that takes them exists: a run killed in between leaves nothing that is locked.
 */
export async function databasePasswords(file: string): Promise<DatabasePasswords> {
  const kept = await readFile(file, 'utf8').catch(unlessMissing);
  if (kept === undefined) {
    await writeOnce(file, JSON.stringify(randomPasswords(), null, 2));
    return databasePasswords(file);
  }
  await chmod(file, 0o600);
  const parsed = PasswordFile.safeParse(parseJson(kept));
  if (parsed.success) return parsed.data;
  throw new PasswordsLostError(
    `${file} does not hold the passwords of the embedded database (damaged or edited?). ` +
      'Restore it, or begin anew with `npm start -- --reset`.',
  );
}

function randomPasswords(): DatabasePasswords {
  const entries = logins.map((login) => [login, randomBytes(24).toString('base64url')]);
  return Object.fromEntries(entries) as DatabasePasswords;
}

/** The file appears whole or not at all; of two that write at once, the first one's passwords count. */
async function writeOnce(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o711 });
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await link(draft, file).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  });
  await unlink(draft);
}

/** Without the parser's message, which would quote what it read. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
