import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '@puente/database';
import { AuditLog } from '../audit/audit-log';
import { MissingKeys } from '../envelopes/missing-keys';
import { OperatorEvents } from '../events/operator-events';
import { targetOf } from '../integrations/integration-ref';

const REASON =
  'The active credentials cannot be decrypted: they were changed, moved, or encrypted under a missing key.';

export interface Unreadable {
  readonly tenantId: string;
  readonly provider: string;
  readonly integration: string;
  readonly id: string;
  /** The ciphertext as it was read: only that one is condemned, not one that was saved meanwhile. */
  readonly sealed: string;
}

/** Takes credentials that do not decrypt out of use: recorded, audited, logged; every other row keeps working. */
@Injectable()
export class Quarantine {
  constructor(
    private readonly database: TenantDatabase,
    private readonly audit: AuditLog,
    private readonly events: OperatorEvents,
    private readonly missing: MissingKeys,
  ) {}

  /**
   * @returns false when the row is no longer the one that was read
   * @throws {EncryptionKeyMissingError} when the row is sound and only this process cannot read it
   */
  async put({ tenantId, provider, integration, id, sealed }: Unreadable): Promise<boolean> {
    let tell: () => void = () => undefined;
    const isCurrent = await this.database.run(tenantId, async (tx) => {
      const [row] = await tx.query<{ quarantined: boolean; kid: string | null }>(
        `SELECT quarantined_at IS NOT NULL AS quarantined, credentials->>'kid' AS kid FROM tenant_integrations
         WHERE id = $1 AND credentials::text = $2 FOR UPDATE`,
        [id, sealed],
      );
      if (!row) return false;
      if (row.quarantined) return true;
      await this.missing.refuseIfOurs(row);
      await tx.query(
        `UPDATE tenant_integrations SET quarantined_at = puente_now(), quarantine = $2, updated_at = puente_now() WHERE id = $1`,
        [id, REASON],
      );
      const target = targetOf({ provider, name: integration });
      tell = await this.events.record(tx, { tenantId, type: 'integration.quarantined', subject: target });
      await this.audit.record(tx, {
        actor: 'system:vault',
        action: 'integration.quarantined',
        target,
        outcome: 'failed',
      });
      return true;
    });
    tell();
    return isCurrent;
  }
}
