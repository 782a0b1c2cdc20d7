import type { Queryable } from '@puente/database';
import { sings } from './canary';
import { KeyRingMismatchError } from './envelope.errors';
import type { KeyProvider } from './key-provider.port';

/** Key-encryption keys rotate every quarter, as credentials do. */
export const ROTATE_AFTER_DAYS = 90;

const DAY_MS = 86_400_000;

/** One key that has ever been the active one of a process. */
export interface KeyRecord {
  readonly kid: string;
  readonly canary: unknown;
  readonly firstUsedAt: Date;
  readonly retiredAt: Date | null;
  /** The database's time when this was read. */
  readonly now: Date;
}

/** In the order in which they came into use. */
export function readKeys(db: Queryable): Promise<KeyRecord[]> {
  return db.query<KeyRecord>(
    `SELECT kid, canary, created_at AS "firstUsedAt", retired_at AS "retiredAt", puente_now() AS now
     FROM encryption_keys ORDER BY created_at, kid`,
  );
}

export function keyAgeInDays({ firstUsedAt, now }: KeyRecord): number {
  return Math.floor((now.getTime() - firstUsedAt.getTime()) / DAY_MS);
}

/** What a key ring lacks of the keys in use, and which of its keys are others than were used under their names. */
export async function ringProblems(
  keys: KeyProvider,
  known: readonly KeyRecord[],
): Promise<{ readonly missing: string[]; readonly wrong: string[] }> {
  const missing = known.filter(({ kid, retiredAt }) => !retiredAt && !keys.kids.includes(kid));
  const wrong: string[] = [];
  for (const { kid, canary } of known)
    if (keys.kids.includes(kid) && !(await sings(keys, kid, canary))) wrong.push(kid);
  return { missing: missing.map(({ kid }) => kid), wrong };
}

/** @throws {KeyRingMismatchError} */
export async function assertFits(keys: KeyProvider, known: readonly KeyRecord[]): Promise<void> {
  const { missing, wrong } = await ringProblems(keys, known);
  if (missing.length + wrong.length > 0) throw new KeyRingMismatchError(missing, wrong);
}
