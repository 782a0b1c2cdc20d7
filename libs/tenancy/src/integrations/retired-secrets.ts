import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '@puente/database';
import { SYSTEM_TENANT_ID } from '@puente/kernel';
import { AuditLog } from '../audit/audit-log';
import { targetOf } from './integration-ref';
import { IntegrationsRepository } from './integrations.repository';

/** Erases the secrets of rotated versions once their overlap is over. For a schedule of the worker, once an hour or so. */
@Injectable()
export class RetiredSecrets {
  constructor(
    private readonly database: TenantDatabase,
    private readonly repository: IntegrationsRepository,
    private readonly audit: AuditLog,
  ) {}

  /** @returns how many versions were revoked, over all tenants */
  async sweep(): Promise<number> {
    const tenants = await this.database.run(SYSTEM_TENANT_ID, (tx) =>
      tx.query<{ id: string }>(`SELECT id FROM tenants WHERE status <> 'deleted' ORDER BY id`),
    );
    let revoked = 0;
    for (const { id } of tenants) revoked += await this.sweepTenant(id);
    return revoked;
  }

  private sweepTenant(tenantId: string): Promise<number> {
    return this.database.run(tenantId, async (tx) => {
      const versions = await this.repository.revokeRetired(tx);
      for (const { version, ...ref } of versions) {
        await this.audit.record(tx, {
          actor: 'system:schedule',
          action: 'integration.version_revoked',
          target: targetOf(ref),
          outcome: 'done',
          detail: { version },
        });
      }
      return versions.length;
    });
  }
}
