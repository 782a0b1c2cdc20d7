import type { OwnerDatabase, Queryable } from '@puente/database';
import { SYSTEM_TENANT_ID } from '@puente/kernel';
import { appendEntry, type Origin } from '../audit/append-entry';
import { EncryptionKeyInUseError, EncryptionKeyUnknownError } from './key-rotation.errors';
import { countUses, rowsUnder } from './wrapped-columns';

/** What came of trying to retire a key. */
export type Retirement =
  { readonly kind: 'retired' | 'was_retired' | 'unknown' } | { readonly kind: 'in_use'; readonly rows: number };

/**
 * Declares that nothing lies under a key and nothing ever will: from then on the database refuses what is sealed under it,
 * and processes start without it.
 *
 * As the owner, because the question is about all tenants; the app's role cannot change `encryption_keys`.
 */
export class KeyRetirement {
  constructor(private readonly database: OwnerDatabase) {}

  /**
   * For a key that came into use by mistake and is in nobody's ring. Repeating it changes nothing.
   *
   * @throws {EncryptionKeyInUseError} {@link EncryptionKeyUnknownError}
   */
  async retire(origin: Origin, kid: string): Promise<void> {
    const done = await this.database.transaction((tx) => retireIn(tx, origin, kid));
    if (done.kind === 'unknown') throw new EncryptionKeyUnknownError(kid);
    if (done.kind === 'in_use') throw new EncryptionKeyInUseError(kid, done.rows);
  }
}

/**
 * The same within a transaction of the owner. The row of the key is locked first: whoever is writing under it now has
 * either been counted or is refused by the trigger `key_in_use`.
 */
export async function retireIn(tx: Queryable, origin: Origin, kid: string): Promise<Retirement> {
  const [key] = await tx.query<{ retired: boolean }>(
    `SELECT retired_at IS NOT NULL AS retired FROM encryption_keys WHERE kid = $1 FOR UPDATE`,
    [kid],
  );
  if (!key) return { kind: 'unknown' };
  if (key.retired) return { kind: 'was_retired' };
  const rows = rowsUnder(kid, await countUses(tx));
  if (rows > 0) return { kind: 'in_use', rows };
  await tx.query(`UPDATE encryption_keys SET retired_at = puente_now() WHERE kid = $1`, [kid]);
  await recordForPlatform(tx, origin, { action: 'encryption_key.retired', kid, outcome: 'done' });
  return { kind: 'retired' };
}

/** An entry about a key in the platform's own trail. */
export function recordForPlatform(
  tx: Queryable,
  origin: Origin,
  entry: {
    readonly action: string;
    readonly kid: string;
    readonly outcome: 'done' | 'failed';
    readonly detail?: Readonly<Record<string, number>>;
  },
): Promise<void> {
  const { action, kid, outcome, detail } = entry;
  const on = { tenantId: SYSTEM_TENANT_ID, query: tx.query.bind(tx) };
  return appendEntry(on, { ...origin, action, target: `encryption_key:${kid}`, outcome, detail });
}
