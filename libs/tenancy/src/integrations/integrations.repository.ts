import { Injectable } from '@nestjs/common';
import type { TenantTransaction } from '@puente/database';
import { uuidv7 } from '@puente/kernel';
import type { Envelope } from '../envelopes/envelope';
import type { FieldFingerprints } from '../envelopes/fingerprints';
import { underLiveKey } from '../envelopes/retired-key';
import type { Fields } from '../vault/resolve-credentials';
import { IntegrationRecord } from './integration.entity';
import type { IntegrationRef } from './integration-ref';
import { IntegrationVersion, type ProbeRecord } from './integration-version.entity';

/** A version with its ciphertext. */
export type SealedVersion = IntegrationVersion;

export interface NewVersion {
  readonly id: string;
  readonly version: number;
  readonly envelope: Envelope;
  readonly config: Fields;
  readonly fingerprints: FieldFingerprints;
}

/** Rows of integrations and their versions. Every change begins with {@link lock}, so that changes of one integration queue up. */
@Injectable()
export class IntegrationsRepository {
  find(tx: TenantTransaction, { tenantId, provider, name }: IntegrationRef): Promise<IntegrationRecord | null> {
    return tx.manager.getRepository(IntegrationRecord).findOneBy({ tenantId, provider, name });
  }

  async lock(tx: TenantTransaction, { tenantId, provider, name }: IntegrationRef): Promise<IntegrationRecord | null> {
    return tx.manager.getRepository(IntegrationRecord).findOne({
      where: { tenantId, provider, name },
      lock: { mode: 'pessimistic_write' },
    });
  }

  /**
   * Locks it, made anew if there is none. Two that make it at once: the second waits and finds the first one's. While
   * somebody deletes it: waits, and makes it anew. The update that changes nothing is what locks, in the same statement.
   */
  async lockOrCreate(tx: TenantTransaction, ref: IntegrationRef): Promise<IntegrationRecord> {
    await tx.query(
      `INSERT INTO tenant_integrations (id, tenant_id, provider, name, credentials, is_active)
       VALUES ($1, $2, $3, $4, '{}', false)
       ON CONFLICT (tenant_id, provider, name) DO UPDATE SET updated_at = tenant_integrations.updated_at`,
      [uuidv7(), ref.tenantId, ref.provider, ref.name],
    );
    const record = await this.lock(tx, ref);
    if (!record) throw new Error('An integration is not visible to the tenant that made it');
    return record;
  }

  /** Newest first, without ciphertext. */
  versions(tx: TenantTransaction, integrationId: string): Promise<IntegrationVersion[]> {
    return tx.manager
      .getRepository(IntegrationVersion)
      .find({ where: { tenantId: tx.tenantId, integrationId }, order: { version: 'DESC' } });
  }

  sealed(tx: TenantTransaction, versionId: string): Promise<SealedVersion> {
    return tx.manager
      .getRepository(IntegrationVersion)
      .createQueryBuilder('version')
      .addSelect('version.envelope')
      .where({ id: versionId, tenantId: tx.tenantId })
      .getOneOrFail();
  }

  /** Adds a staged version; older ones that were never activated are given up. */
  async stage(tx: TenantTransaction, integrationId: string, added: NewVersion): Promise<void> {
    await tx.query(
      `UPDATE integration_versions SET state = 'revoked', revoked_at = puente_now(), envelope = '{}'
       WHERE integration_id = $1 AND state IN ('staged', 'verified')`,
      [integrationId],
    );
    await underLiveKey(tx).query(
      `INSERT INTO integration_versions (id, tenant_id, integration_id, version, state, envelope, config, fingerprints, created_at)
       VALUES ($1, $2, $3, $4, 'staged', $5, $6, $7, puente_now())`,
      [
        added.id,
        tx.tenantId,
        integrationId,
        added.version,
        JSON.stringify(added.envelope),
        JSON.stringify(added.config),
        JSON.stringify(added.fingerprints),
      ],
    );
    await tx.query(`UPDATE tenant_integrations SET updated_at = puente_now() WHERE id = $1`, [integrationId]);
  }

  async recordProbe(
    tx: TenantTransaction,
    versionId: string,
    probe: Omit<ProbeRecord, 'at'>,
    good: boolean,
  ): Promise<void> {
    await tx.query(
      `UPDATE integration_versions
       SET probe = jsonb_build_object('at', to_char(puente_now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
                                      'outcome', $2::text, 'code', $3::text),
           verified_at = CASE WHEN $4 THEN puente_now() ELSE verified_at END,
           state = CASE WHEN $4 AND state = 'staged' THEN 'verified' ELSE state END
       WHERE id = $1`,
      [versionId, probe.outcome, probe.code, good],
    );
  }

  /** Makes a version the active one. The one before retires after `overlapHours`, or ends now when that is zero. */
  async promote(tx: TenantTransaction, integrationId: string, versionId: string, overlapHours: number): Promise<void> {
    await tx.query(
      `UPDATE integration_versions
       SET state = CASE WHEN $3::float8 > 0 THEN 'retiring' ELSE 'revoked' END,
           retire_at = puente_now() + make_interval(secs => $3::float8 * 3600),
           revoked_at = CASE WHEN $3::float8 > 0 THEN NULL ELSE puente_now() END,
           envelope = CASE WHEN $3::float8 > 0 THEN envelope ELSE '{}'::jsonb END,
           rotate_due_at = (SELECT i.rotate_due_at FROM tenant_integrations i WHERE i.id = $1)
       WHERE integration_id = $1 AND state = 'active' AND id <> $2`,
      [integrationId, versionId, overlapHours],
    );
    await tx.query(
      `UPDATE integration_versions SET state = 'active', activated_at = coalesce(activated_at, puente_now()), retire_at = NULL
       WHERE id = $1`,
      [versionId],
    );
  }

  /** What every call reads from now on. @param clock of the secrets; left out: it runs on. `expiresOn`: the day they end, YYYY-MM-DD */
  async use(
    tx: TenantTransaction,
    integrationId: string,
    active: { readonly version: number; readonly credentials: Envelope; readonly config: Fields },
    clock: { readonly dueInDays?: number; readonly dueAt?: Date | null; readonly expiresOn?: string | undefined } = {},
  ): Promise<void> {
    await underLiveKey(tx).query(
      `UPDATE tenant_integrations
       SET credentials = $2, config = $3, active_version = $4, is_active = true, quarantined_at = NULL, quarantine = NULL,
           rotate_due_at = coalesce(puente_now() + make_interval(days => $5::int), $6::timestamptz, rotate_due_at),
           expires_at = $7::date::timestamp AT TIME ZONE 'UTC',
           updated_at = puente_now()
       WHERE id = $1`,
      [
        integrationId,
        JSON.stringify(active.credentials),
        JSON.stringify(active.config),
        active.version,
        clock.dueInDays ?? null,
        clock.dueAt ?? null,
        clock.expiresOn ?? null,
      ],
    );
  }

  async deactivate(tx: TenantTransaction, integrationId: string): Promise<void> {
    await tx.query(`UPDATE tenant_integrations SET is_active = false, updated_at = puente_now() WHERE id = $1`, [
      integrationId,
    ]);
  }

  async delete(tx: TenantTransaction, integrationId: string): Promise<void> {
    await tx.query(`DELETE FROM tenant_integrations WHERE id = $1`, [integrationId]);
  }

  /** Erases the secrets of an integration's retiring versions now. @returns their numbers, newest first */
  async endOverlap(tx: TenantTransaction, integrationId: string): Promise<number[]> {
    const ended = await tx.query<{ version: number }>(
      `UPDATE integration_versions SET state = 'revoked', revoked_at = puente_now(), envelope = '{}'
       WHERE integration_id = $1 AND state = 'retiring' RETURNING version`,
      [integrationId],
    );
    return ended.map(({ version }) => version).sort((a, b) => b - a);
  }

  /** Erases the secrets of versions whose overlap is over. */
  revokeRetired(tx: TenantTransaction): Promise<{ provider: string; name: string; version: number }[]> {
    return tx.query(
      `UPDATE integration_versions v SET state = 'revoked', revoked_at = puente_now(), envelope = '{}'
       FROM tenant_integrations i
       WHERE i.id = v.integration_id AND v.state = 'retiring' AND v.retire_at <= puente_now()
       RETURNING i.provider, i.name, v.version`,
    );
  }
}
