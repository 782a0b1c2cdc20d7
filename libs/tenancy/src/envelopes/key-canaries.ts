import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '@puente/database';
import { randomBytes } from 'node:crypto';
import { ENVELOPE_VERSION, members, wrapContext } from './envelope';
import { EnvelopeUnreadableError, KeyRingMismatchError } from './envelope.errors';
import { KeyProvider } from './key-provider.port';
import { fromBase64, KEY_BYTES } from './sealed-box';

/**
 * Proves at boot that the key ring still holds every key that the database was encrypted under: for each there is a
 * wrapped nothing, the canary, that must unwrap. Otherwise a lost key would show as errors, weeks later, one by one.
 */
@Injectable()
export class KeyCanaries {
  constructor(
    private readonly database: TenantDatabase,
    private readonly keys: KeyProvider,
  ) {}

  /** @throws {KeyRingMismatchError} naming every kid that is missing or holds another key */
  async check(): Promise<void> {
    for (const kid of this.keys.kids) await this.introduce(kid);
    const rows = await this.database.withoutTenant.query<{ kid: string; canary: unknown }>(
      `SELECT kid, canary FROM encryption_keys WHERE retired_at IS NULL ORDER BY kid`,
    );
    const missing = rows.map(({ kid }) => kid).filter((kid) => !this.keys.kids.includes(kid));
    const wrong: string[] = [];
    for (const { kid, canary } of rows)
      if (!missing.includes(kid) && !(await this.sings(kid, canary))) wrong.push(kid);
    if (missing.length + wrong.length > 0) throw new KeyRingMismatchError(missing, wrong);
  }

  /** A key seen for the first time gets its canary. Of two processes that start at once with different keys, one fails. */
  private async introduce(kid: string): Promise<void> {
    const known = await this.database.withoutTenant.query(`SELECT FROM encryption_keys WHERE kid = $1`, [kid]);
    if (known.length > 0) return;
    const { bytes } = await this.keys.wrap(randomBytes(KEY_BYTES), contextOf(kid), kid);
    await this.database.withoutTenant.query(
      `INSERT INTO encryption_keys (kid, canary) VALUES ($1, $2) ON CONFLICT (kid) DO NOTHING`,
      [kid, JSON.stringify({ v: ENVELOPE_VERSION, kid, wdk: bytes.toString('base64') })],
    );
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
