import { Injectable } from '@nestjs/common';
import { Clock } from '@puente/kernel';
import { BoundedCache } from '../bounded-cache';
import { CredentialCipher } from '../envelopes/credential-cipher';
import { EnvelopeUnreadableError } from '../envelopes/envelope.errors';
import { TenantNotFoundError } from '../tenants/tenant.errors';
import type { TenantStatus } from '../tenants/tenant.entity';
import { CoalescedReads } from './coalesced-reads';
import { type CredentialRow, CredentialRows } from './credential-rows';
import { Quarantine } from './quarantine';
import type { CredentialPart } from './resolve-credentials';

const MAX_OPENED = 2_000;
/** Whoever goes by a time of their own goes by it for so long: what waits in a worker for its turn hears of a rotation too. */
const LONGEST_MS = 25;

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

/**
 * Reads active credentials. The row is read for every call, so that a rotation, a deactivation or a suspension counts
 * from its commit on in every process (background calls of one claim share a read that began after the claim); what is
 * kept in memory is only what came of a row, found again by all that is in it. So a slow reader cannot bring an old value back, and who gets the same object twice knows that nothing changed.
 */
@Injectable()
export class CredentialReader {
  private readonly reads: CoalescedReads<StoredCredentials>;
  private readonly opened = new BoundedCache<
    string,
    { readonly row: CredentialRow; readonly stored: StoredCredentials }
  >(MAX_OPENED);

  constructor(
    private readonly rows: CredentialRows,
    private readonly cipher: CredentialCipher,
    private readonly quarantine: Quarantine,
    private readonly clock: Clock,
  ) {
    this.reads = new CoalescedReads(() => this.clock.monotonicMs(), LONGEST_MS / 2);
  }

  /**
   * @param sinceMs what was read after this monotonic time will do, if it is no more than a moment ago; left out, only
   *   what is read from now on
   * @throws {TenantNotFoundError}
   */
  read(tenantId: string, provider: string, integration: string, sinceMs?: number): Promise<StoredCredentials> {
    const since = sinceMs === undefined ? undefined : Math.max(sinceMs, this.clock.monotonicMs() - LONGEST_MS);
    // Neither the id of a tenant nor that of a provider has a space in it.
    const key = `${tenantId} ${provider} ${integration}`;
    return this.reads.read(key, () => this.load(tenantId, provider, integration), since);
  }

  private async load(tenantId: string, provider: string, integration: string): Promise<StoredCredentials> {
    const row = await this.rows.of({ tenantId, provider, integration });
    if (!row) throw new TenantNotFoundError(tenantId);
    const tenant = { tenantStatus: row.status, externalId: row.external_id };
    const version = row.id === null ? '-' : `${row.id}:${String(row.active_version)}`;
    if (row.id === null) return { ...tenant, state: 'missing', version };
    if (row.quarantined) return { ...tenant, state: 'quarantined', version };
    if (!row.is_active) return { ...tenant, state: 'inactive', version };
    const known = this.opened.get(row.id);
    if (known && isSame(known.row, row)) return known.stored;
    try {
      const part = await this.open(tenantId, provider, row.id, row);
      const stored = { ...tenant, state: 'usable', version, part } as const;
      this.opened.set(row.id, { row, stored });
      return stored;
    } catch (error) {
      if (!(error instanceof EnvelopeUnreadableError)) throw error;
      const marked = await this.quarantine.put({ tenantId, provider, integration, id: row.id, sealed: row.sealed });
      // Somebody saved it while we were reading: what they saved is worth another look.
      return marked ? { ...tenant, state: 'quarantined', version } : this.load(tenantId, provider, integration);
    }
  }

  private async open(tenantId: string, provider: string, id: string, row: CredentialRow): Promise<CredentialPart> {
    const { active_version: version, sealed, config } = row;
    const column = 'tenant_integrations.credentials' as const;
    const secrets = await this.cipher.open({ tenantId, provider, column, rowId: id, version }, JSON.parse(sealed));
    return { secrets, config: JSON.parse(config) as CredentialPart['config'] };
  }
}

function isSame(one: CredentialRow, other: CredentialRow): boolean {
  return (Object.keys(other) as (keyof CredentialRow)[]).every((column) => one[column] === other[column]);
}
