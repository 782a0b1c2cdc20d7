import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '@puente/database';
import { done, GroupCommit } from '@puente/kernel';
import type { TenantStatus } from '../tenants/tenant.entity';

/** Whose credentials. */
export interface CredentialKey {
  readonly tenantId: string;
  readonly provider: string;
  readonly integration: string;
}

/** A tenant, with its integration if there is one. */
export interface CredentialRow {
  readonly status: TenantStatus;
  readonly external_id: string;
  readonly id: string | null;
  readonly sealed: string;
  readonly config: string;
  readonly active_version: number;
  readonly is_active: boolean;
  readonly quarantined: boolean;
}

const READ = `SELECT * FROM credentials_in_force($1, $2, $3)`;

/** As many as a worker has calls at a time; what is more goes in another query. */
const MOST = 100;
/** One that hangs keeps nobody back. */
const AT_ONCE = 4;

/**
 * The rows behind credentials, as they are now. Those that are asked for in one moment come with one round trip: a worker
 * that delivers an event to a thousand endpoints asks for a thousand, and each belongs to one call.
 */
@Injectable()
export class CredentialRows {
  private readonly asked: GroupCommit<CredentialKey, CredentialRow | undefined>;

  constructor(private readonly database: TenantDatabase) {
    this.asked = new GroupCommit({ maxSize: MOST, maxInFlight: AT_ONCE, waitMs: 0 }, (keys) => this.read(keys));
  }

  /** Read after this was called. @returns undefined when there is no such tenant */
  of(key: CredentialKey): Promise<CredentialRow | undefined> {
    return this.asked.add(key);
  }

  private async read(keys: readonly CredentialKey[]) {
    const columns = [keys.map(({ tenantId }) => tenantId), keys.map(({ provider }) => provider), keys.map(({ integration }) => integration)]; // prettier-ignore
    const rows = await this.database.withoutTenant.query<CredentialRow & { readonly n: number }>(READ, columns);
    const found = new Map(rows.map(({ n, ...row }) => [n, row]));
    return keys.map((_, at) => done(found.get(at + 1)));
  }
}
