import { Global, Injectable, Module } from '@nestjs/common';
import type { TenantTransaction } from '@puente/database';
import { EgressReports } from '@puente/egress';
import {
  LaneLimits,
  LaneReports,
  OperationLedger,
  PayloadCipher,
  SharedLaneStore,
  TenantOperations,
} from '@puente/ledger';
import { LaneStore } from '@puente/resilience';
import {
  CredentialCatalogue,
  CredentialProbe,
  CredentialsMended,
  TenantCredentialVault,
  TenantPayloadCipher,
  TenantWork,
  type UnfinishedWork,
} from '@puente/tenancy';
import { CredentialVault } from './credential-vault.port';
import { CatalogueCredentialRules } from './credentials/catalogue-credential-rules';
import { ChainCredentialProbe } from './credentials/chain-credential-probe';
import { CredentialEvents } from './credentials/credential-events';
import { IntegrationLanes } from './credentials/integration-lanes';
import { EgressLog } from './http/egress-log';
import { CatalogueLaneLimits } from './quotas/catalogue-lane-limits';

/** Credentials that work again let the calls go on that waited for them. */
@Injectable()
export class ResumeLanes extends CredentialsMended {
  constructor(private readonly lanes: IntegrationLanes) {
    super();
  }

  async mended(tenantId: string, provider: string, integration: string): Promise<void> {
    await this.lanes.resume(tenantId, provider, integration);
  }
}

/** What becomes of a tenant's operations when the tenant is activated or deleted. */
@Injectable()
export class LedgerTenantWork extends TenantWork {
  constructor(
    private readonly ledger: OperationLedger,
    private readonly operations: TenantOperations,
  ) {
    super();
  }

  goesOn(): void {
    this.ledger.wake();
  }

  unfinished(tx: TenantTransaction): Promise<readonly UnfinishedWork[]> {
    return this.operations.unfinished(tx);
  }

  abandon(tx: TenantTransaction): Promise<number> {
    return this.operations.abandon(tx);
  }
}

const bindings = [
  { provide: PayloadCipher, useExisting: TenantPayloadCipher },
  { provide: LaneReports, useClass: CredentialEvents },
  { provide: LaneStore, useExisting: SharedLaneStore },
  { provide: LaneLimits, useClass: CatalogueLaneLimits },
  { provide: CredentialVault, useExisting: TenantCredentialVault },
  { provide: CredentialCatalogue, useExisting: CatalogueCredentialRules },
  { provide: CredentialProbe, useExisting: ChainCredentialProbe },
  { provide: CredentialsMended, useClass: ResumeLanes },
  { provide: EgressReports, useClass: EgressLog },
  { provide: TenantWork, useClass: LedgerTenantWork },
];

/**
 * Binds the ports that ledger and tenancy declare because they do not know each other or the catalogue. Here and not in
 * each app: this is the lowest library that sees both sides, and every app needs the same ones.
 */
@Global()
@Module({ providers: bindings, exports: bindings.map(({ provide }) => provide) })
export class PortsModule {}
