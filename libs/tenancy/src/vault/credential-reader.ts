import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '@puente/database';
import type { Secret } from '@puente/kernel';
import { BoundedCache } from '../bounded-cache';
import { CredentialCipher, type SecretFields } from '../envelopes/credential-cipher';
import { EnvelopeUnreadableError } from '../envelopes/envelope.errors';
import { TenantNotFoundError } from '../tenants/tenant.errors';
import type { TenantStatus } from '../tenants/tenant.entity';
import { CoalescedReads } from './coalesced-reads';
import { Quarantine } from './quarantine';
import type { CredentialPart } from './resolve-credentials';

const MAX_OPENED = 2_000;

/** One side's credentials as they are stored now. */
export interface StoredCredentials {
  readonly tenantStatus: TenantStatus;
  readonly externalId: string;
  readonly state: 'missing' | 'inactive' | 'quarantined' | 'usable';
  /** Only when usable. */
  readonly part?: CredentialPart;
  /** Names the integration and its active version; `-` when there is none. */
  readonly version: string;
}

interface Row {
  readonly status: TenantStatus;
  readonly external_id: string;
  readonly id: string | null;
  readonly sealed: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly active_version: number;
  readonly is_active: boolean;
  readonly quarantined: boolean;
}

/**
 * Reads active credentials. The row is read for every call, so that a rotation, a deactivation or a suspension counts
 * from its commit on in every process; what is kept in memory is only the opened secret of a ciphertext, found again by
 * the ciphertext itself. So a slow reader cannot bring an old value back.
 */
@Injectable()
export class CredentialReader {
  private readonly reads = new CoalescedReads<StoredCredentials>();
  private readonly opened = new BoundedCache<
    string,
    { readonly sealed: string; readonly secrets: Secret<SecretFields> }
  >(MAX_OPENED);

  constructor(
    private readonly database: TenantDatabase,
    private readonly cipher: CredentialCipher,
    private readonly quarantine: Quarantine,
  ) {}

  /** @throws {TenantNotFoundError} */
  read(tenantId: string, provider: string, integration: string): Promise<StoredCredentials> {
    return this.reads.read(JSON.stringify([tenantId, provider, integration]), () =>
      this.load(tenantId, provider, integration),
    );
  }

  private async load(tenantId: string, provider: string, integration: string): Promise<StoredCredentials> {
    const row = await this.rowOf(tenantId, provider, integration);
    const tenant = { tenantStatus: row.status, externalId: row.external_id };
    const version = row.id === null ? '-' : `${row.id}:${String(row.active_version)}`;
    if (row.id === null) return { ...tenant, state: 'missing', version };
    if (row.quarantined) return { ...tenant, state: 'quarantined', version };
    if (!row.is_active) return { ...tenant, state: 'inactive', version };
    try {
      const secrets = await this.open(tenantId, provider, row.id, row);
      return { ...tenant, state: 'usable', version, part: { secrets, config: row.config } };
    } catch (error) {
      if (!(error instanceof EnvelopeUnreadableError)) throw error;
      const marked = await this.quarantine.put({ tenantId, provider, integration, id: row.id, sealed: row.sealed });
      // Somebody saved it while we were reading: what they saved is worth another look.
      return marked ? { ...tenant, state: 'quarantined', version } : this.load(tenantId, provider, integration);
    }
  }

  private async rowOf(tenantId: string, provider: string, integration: string): Promise<Row> {
    const [row] = await this.database.run(tenantId, (tx) =>
      tx.query<Row>(
        `SELECT t.status, t.external_id, i.id, i.credentials::text AS sealed, i.config, i.active_version, i.is_active,
                i.quarantined_at IS NOT NULL AS quarantined
         FROM tenants t LEFT JOIN tenant_integrations i ON i.tenant_id = t.id AND i.provider = $2 AND i.name = $3
         WHERE t.id = $1`,
        [tenantId, provider, integration],
      ),
    );
    if (!row) throw new TenantNotFoundError(tenantId);
    return row;
  }

  private async open(tenantId: string, provider: string, id: string, row: Row): Promise<Secret<SecretFields>> {
    const key = `${tenantId}:${provider}:${id}:${String(row.active_version)}`;
    const known = this.opened.get(key);
    if (known?.sealed === row.sealed) return known.secrets;
    const secrets = await this.cipher.open(
      { tenantId, provider, column: 'tenant_integrations.credentials', rowId: id, version: row.active_version },
      JSON.parse(row.sealed),
    );
    this.opened.set(key, { sealed: row.sealed, secrets });
    return secrets;
  }
}
