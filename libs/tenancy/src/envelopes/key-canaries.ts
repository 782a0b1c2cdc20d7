import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { TenantDatabase, type TenantTransaction } from '@puente/database';
import { SYSTEM_TENANT_ID } from '@puente/kernel';
import { ENVELOPE_VERSION, members, wrapContext } from './envelope';
import { EnvelopeUnreadableError, KeyRingMismatchError } from './envelope.errors';
import { KeyProvider } from './key-provider.port';
import { fromBase64, KEY_BYTES } from './sealed-box';

/** Any number; processes that start together look at the canaries one after the other. */
const LOCK = 7_164_100_003;

/**
 * Proves at boot that the key ring still holds every key that the database was encrypted under: for each there is a
 * wrapped nothing, the canary, that must unwrap. Otherwise a lost key would show as errors, weeks later, one by one.
 *
 * A key gets its canary when it first becomes the active one. Before that nothing lies under it, and a ring without it
 * is as good: so a new key can be handed out to all processes, and taken back, before the first one uses it.
 */
@Injectable()
export class KeyCanaries {
  constructor(
    private readonly database: TenantDatabase,
    private readonly keys: KeyProvider,
  ) {}

  /** @throws {KeyRingMismatchError} naming every kid that is missing or holds another key; nothing is written then */
  async check(): Promise<void> {
    await this.database.run(SYSTEM_TENANT_ID, async (tx) => {
      await tx.query(`SELECT pg_advisory_xact_lock($1)`, [LOCK]);
      const rows = await tx.query<{ kid: string; canary: unknown; retired: boolean }>(
        `SELECT kid, canary, retired_at IS NOT NULL AS retired FROM encryption_keys ORDER BY kid`,
      );
      const missing = rows
        .filter(({ kid, retired }) => !retired && !this.keys.kids.includes(kid))
        .map(({ kid }) => kid);
      const wrong: string[] = [];
      for (const { kid, canary } of rows)
        if (this.keys.kids.includes(kid) && !(await this.sings(kid, canary))) wrong.push(kid);
      if (missing.length + wrong.length > 0) throw new KeyRingMismatchError(missing, wrong);
      if (!rows.some(({ kid }) => kid === this.keys.activeKid)) await this.introduce(tx, this.keys.activeKid);
    });
  }

  private async introduce(tx: TenantTransaction, kid: string): Promise<void> {
    const { bytes } = await this.keys.wrap(randomBytes(KEY_BYTES), contextOf(kid));
    const canary = { v: ENVELOPE_VERSION, kid, wdk: bytes.toString('base64') };
    await tx.query(`INSERT INTO encryption_keys (kid, canary) VALUES ($1, $2)`, [kid, JSON.stringify(canary)]);
  }

  private async sings(kid: string, canary: unknown): Promise<boolean> {
    try {
      const { wdk } = members(canary, ['v', 'kid', 'wdk']);
      await this.keys.unwrap({ kid, bytes: fromBase64(wdk) }, contextOf(kid));
      return true;
    } catch (error) {
      if (error instanceof EnvelopeUnreadableError) return false;
      throw error;
    }
  }
}

function contextOf(kid: string): Buffer {
  return wrapContext({ kind: 'canary', column: 'encryption_keys.canary', row: kid });
}
