import { Injectable } from '@nestjs/common';
import { TenantDatabase, type TenantTransaction } from '@puente/database';
import { SYSTEM_TENANT_ID } from '@puente/kernel';
import { AuditLog } from '../audit/audit-log';
import { TenancyLog } from '../tenancy.log';
import { makeCanary } from './canary';
import { EncryptionKeyRetiredError } from './envelope.errors';
import { assertFits, keyAgeInDays, type KeyRecord, readKeys, ROTATE_AFTER_DAYS } from './key-records';
import { KeyProvider } from './key-provider.port';

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
    private readonly audit: AuditLog,
    private readonly log: TenancyLog,
  ) {}

  /**
   * @throws {KeyRingMismatchError} naming every kid that is missing or holds another key; nothing is written then
   * @throws {EncryptionKeyRetiredError} when the first key of the ring is not to be used any more
   */
  async check(): Promise<void> {
    const active = await this.database.run(SYSTEM_TENANT_ID, async (tx) => {
      await tx.query(`SELECT pg_advisory_xact_lock($1)`, [LOCK]);
      const known = await readKeys(tx);
      await assertFits(this.keys, known);
      const found = known.find(({ kid }) => kid === this.keys.activeKid);
      if (found?.retiredAt) throw new EncryptionKeyRetiredError(found.kid);
      if (!found) await this.introduce(tx, this.keys.activeKid);
      return found;
    });
    this.warnWhenDue(active);
  }

  private async introduce(tx: TenantTransaction, kid: string): Promise<void> {
    const canary = await makeCanary(this.keys);
    await tx.query(`INSERT INTO encryption_keys (kid, canary, created_at) VALUES ($1, $2, puente_now())`, [
      kid,
      JSON.stringify(canary),
    ]);
    const [system] = await tx.query(`SELECT FROM tenants WHERE id = $1`, [SYSTEM_TENANT_ID]);
    if (!system) return; // the very first key: there is no trail yet that could name it
    const target = `encryption_key:${kid}`;
    await this.audit.record(tx, {
      actor: 'system:boot',
      action: 'encryption_key.introduced',
      target,
      outcome: 'done',
    });
  }

  private warnWhenDue(active: KeyRecord | undefined): void {
    if (!active) return;
    const days = keyAgeInDays(active);
    if (days >= ROTATE_AFTER_DAYS) this.log.encryptionKeyDue(active.kid, days);
  }
}
