import { Injectable } from '@nestjs/common';
import { AppConfigService } from '@puente/config';
import { DatabasePool } from '@puente/database';

/**
 * A reserve of connections, as puente_app, only for reading tenants' data keys. A payload is sealed inside a transaction
 * that already holds a connection of the main pool; were its key read through the same pool, a full pool would wait for
 * itself.
 */
@Injectable()
export class TenantKeyDatabase extends DatabasePool {
  constructor(config: AppConfigService) {
    super({ url: config.get('DATABASE_APP_URL'), max: 2, applicationName: 'puente_app_keys' });
  }

  /** The tenant's wrapped data key; undefined when there is no such tenant, null when it was destroyed. */
  async dataKeyOf(tenantId: string): Promise<unknown> {
    return this.transaction(async (tx) => {
      await tx.query(`SELECT set_config('app.tenant_id', $1, true)`, [tenantId]);
      const [row] = await tx.query<{ data_key: unknown }>(`SELECT data_key FROM tenants WHERE id = $1`, [tenantId]);
      return row?.data_key;
    });
  }

  /** Whether other processes encrypt, or did, under the key of this name. */
  async isInUse(kid: string): Promise<boolean> {
    const rows = await this.query(`SELECT FROM encryption_keys WHERE kid = $1 AND retired_at IS NULL`, [kid]);
    return rows.length > 0;
  }
}
