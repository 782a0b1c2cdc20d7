import {
  type BeforeApplicationShutdown,
  Injectable,
  type OnApplicationShutdown,
  type OnModuleInit,
} from '@nestjs/common';
import { assertMigrated, TenantDatabase } from '@puente/database';
import { LastUse } from './api-keys/last-use';
import { KeyCanaries } from './envelopes/key-canaries';
import { TenantKeyDatabase } from './envelopes/tenant-key-database';
import { Tenants } from './tenants/tenants';

/** Before anything is served: every encryption key is there, and so is the system tenant. */
@Injectable()
export class TenancyLifecycle implements OnModuleInit, BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(
    private readonly database: TenantDatabase,
    private readonly canaries: KeyCanaries,
    private readonly tenants: Tenants,
    private readonly lastUse: LastUse,
    private readonly keyDatabase: TenantKeyDatabase,
  ) {}

  async onModuleInit(): Promise<void> {
    await assertMigrated(this.database.withoutTenant); // the order of modules is not ours to rely on
    await this.canaries.check();
    await this.tenants.ensureSystemTenant();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.lastUse.settled();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.keyDatabase.close();
  }
}
