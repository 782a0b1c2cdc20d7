import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AppConfigService } from '@puente/config';
import { Clock, SystemClock } from '@puente/kernel';
import { ApiKeyRecord } from './api-keys/api-key.entity';
import { ApiKeys } from './api-keys/api-keys';
import { KeyLookups } from './api-keys/key-lookups';
import { LastUse } from './api-keys/last-use';
import { AuditEntry } from './audit/audit-entry.entity';
import { AuditLog } from './audit/audit-log';
import { AuditVerifier } from './audit/audit-verifier';
import { CredentialCipher } from './envelopes/credential-cipher';
import { Fingerprints } from './envelopes/fingerprints';
import { KeyCanaries } from './envelopes/key-canaries';
import { KeyProvider } from './envelopes/key-provider.port';
import { KeyRing } from './envelopes/key-ring';
import { MissingKeys } from './envelopes/missing-keys';
import { TenantDataKeys } from './envelopes/tenant-data-keys';
import { TenantKeyDatabase } from './envelopes/tenant-key-database';
import { TenantPayloadCipher } from './envelopes/tenant-payload-cipher';
import { OperatorEventRecord } from './events/operator-event.entity';
import { OperatorEvents } from './events/operator-events';
import { TenantExport } from './export/tenant-export';
import { CandidateProbe } from './integrations/candidate-probe';
import { CredentialActivation } from './integrations/credential-activation';
import { CredentialStaging } from './integrations/credential-staging';
import { IntegrationRecord } from './integrations/integration.entity';
import { IntegrationViews } from './integrations/integration-views';
import { IntegrationVersion } from './integrations/integration-version.entity';
import { IntegrationsAdmin } from './integrations/integrations-admin';
import { IntegrationsRepository } from './integrations/integrations.repository';
import { OwnIntegrations } from './integrations/own-integrations';
import { PausedCalls } from './integrations/paused-calls';
import { Rotations } from './integrations/rotations';
import { RetiredSecrets } from './integrations/retired-secrets';
import { VersionSealer } from './integrations/version-sealer';
import { TenancyLifecycle } from './tenancy-lifecycle';
import { TenancyLog } from './tenancy.log';
import { TenantDeletion } from './tenants/tenant-deletion';
import { TenantErasure } from './tenants/tenant-erasure';
import { TenantRecord } from './tenants/tenant.entity';
import { Tenants } from './tenants/tenants';
import { CredentialReader } from './vault/credential-reader';
import { CredentialRows } from './vault/credential-rows';
import { Quarantine } from './vault/quarantine';
import { TenantCredentialVault } from './vault/tenant-credential-vault';

/** TypeORM's view of the tables of this library. */
export const TENANCY_ENTITIES = [
  TenantRecord,
  ApiKeyRecord,
  IntegrationRecord,
  IntegrationVersion,
  AuditEntry,
  OperatorEventRecord,
] as const;

const offered = [
  ...[Tenants, ApiKeys, IntegrationsAdmin, IntegrationViews, RetiredSecrets, AuditLog, AuditVerifier, OperatorEvents],
  OwnIntegrations,
  ...[TenantPayloadCipher, TenantCredentialVault, Rotations, TenantExport, TenantDeletion, TenantErasure],
];

/**
 * Tenants, API keys, encrypted credentials, the audit trail and events for operators. Import DatabaseModule,
 * AppConfigModule and ObservabilityModule beside it.
 *
 * The app provides, in a global module, what this library must not import: CredentialCatalogue, CredentialProbe,
 * CredentialsMended and TenantWork. It binds TenantPayloadCipher as the ledger's PayloadCipher and TenantCredentialVault as
 * integrations' CredentialVault. Without a usable key ring the process does not start.
 */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature([...TENANCY_ENTITIES])],
  providers: [
    {
      provide: KeyProvider,
      inject: [AppConfigService],
      useFactory: (config: AppConfigService) =>
        KeyRing.load({ inline: config.get('KEY_RING'), file: config.get('KEY_RING_FILE') }),
    },
    { provide: Clock, useClass: SystemClock },
    ...[TenancyLog, TenancyLifecycle, KeyCanaries, TenantKeyDatabase, MissingKeys, TenantDataKeys],
    ...[CredentialCipher, Fingerprints],
    ...[IntegrationsRepository, VersionSealer, CredentialStaging, CredentialActivation, CandidateProbe, PausedCalls],
    ...[CredentialReader, CredentialRows, Quarantine, KeyLookups, LastUse],
    ...offered,
  ],
  exports: offered,
})
export class TenancyModule {}
