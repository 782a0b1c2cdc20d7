export * from './aws';
export { lacksCredentials } from './chain/credentials.interceptor';
export * from './credential-vault.port';
export { CatalogueCredentialRules, type RulesOfCredentials } from './credentials/catalogue-credential-rules';
export { type CandidateCredentials, ChainCredentialProbe } from './credentials/chain-credential-probe';
export { IntegrationLanes } from './credentials/integration-lanes';
export { LaneProbes } from './credentials/lane-probes';
export { StoredCredentialProbe } from './credentials/stored-credential-probe';
export {
  DocumentLibrary,
  DocumentNotFoundError,
  DocumentsUnusableError,
  type IntegrationDocument,
} from './documents/document-library';
export { DOCUMENT_FOLDER, documentPath, inventoryRow, type InventoryRow } from './documents/inventory-row';
export { DEFAULT_INTEGRATION, integrationOfLane } from './gateway/call-plan';
export type { CallOptions, CallResult, PrepareOptions } from './gateway/call-result';
export { ExternalServiceException, type FailedCall, outputOrThrow } from './gateway/external-service.exception';
export { GatewayExecutor } from './gateway/gateway-executor';
export { DEFAULT_WAIT_MS, IntegrationGateway } from './gateway/integration-gateway';
export {
  type OperationInput,
  type OperationName,
  type OperationOutput,
  type ProviderFacade,
  providerFacade,
} from './gateway/provider-facade';
export { ALERT_WINDOW, type AlertLimits, alertLimits, DEFAULT_ALERTS } from './health/alert-limits';
export { type HealthView, HealthViews } from './health/health-views';
export { HealthWatch } from './health/health-watch';
export * from './http';
export * from './integration.errors';
export { IntegrationsModule, type IntegrationsOptions } from './integrations.module';
export { PortsModule } from './ports.module';
export { presentableText } from './presentable-text';
export * from './provider';
export { ProviderCatalogue } from './provider-catalogue';
