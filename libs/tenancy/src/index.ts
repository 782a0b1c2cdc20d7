export { ApiKeyNotFoundError, UnauthenticatedError } from './api-keys/api-key.errors';
export { type Scope, SCOPES } from './api-keys/api-key.entity';
export { ApiKeys, type ApiKeyView, type Caller, type NewApiKeyInput } from './api-keys/api-keys';
export { AUDIT_OUTCOMES, type AuditOutcome } from './audit/audit-entry.entity';
export {
  type AuditEvent,
  type AuditFilter,
  AuditLog,
  type AuditPage,
  type AuditView,
  type Origin,
} from './audit/audit-log';
export { type AuditVerification, AuditVerifier } from './audit/audit-verifier';
export { harmlessJson, harmlessText } from './audit/harmless-text';
export { canonicalJson } from './envelopes/canonical-json';
export {
  EncryptionKeyMissingError,
  EncryptionKeyRetiredError,
  EnvelopeUnreadableError,
  KeyRingInvalidError,
  KeyRingMismatchError,
} from './envelopes/envelope.errors';
export { KeyProvider, type WrappedKey } from './envelopes/key-provider.port';
export { KeyRing, type KeyRingSource } from './envelopes/key-ring';
export { type SealedPlace, TenantPayloadCipher } from './envelopes/tenant-payload-cipher';
export {
  type NewOperatorEvent,
  type OperatorEventFilter,
  type OperatorEventPage,
  OperatorEvents,
  type OperatorEventView,
} from './events/operator-events';
export { type ExportOptions, TenantExport } from './export/tenant-export';
export * from './integrations/integration.errors';
export { type IntegrationRef, targetOf } from './integrations/integration-ref';
export { isLacking, isWhole, KeyCheck, type KeyReport, type KeyStatus } from './key-rotation/key-check';
export { KeyRetirement } from './key-rotation/key-retirement';
export * from './key-rotation/key-rotation.errors';
export { KeyRotation, type RotationProgress, type RotationReport } from './key-rotation/key-rotation';
export type { UnreadableRow } from './key-rotation/rewrapping';
export { type KeyUse, WRAPPED_COLUMNS } from './key-rotation/wrapped-columns';
export type { IntegrationView, RotationView, SecretView, VersionView } from './integrations/integration-view';
export { IntegrationViews } from './integrations/integration-views';
export {
  IntegrationsAdmin,
  type PatchInput,
  type PutInput,
  type RotateInput,
  type VerifyResult,
} from './integrations/integrations-admin';
export { type OwnCredentials, OwnIntegrations } from './integrations/own-integrations';
export {
  type DueRotation,
  ROTATION_STATES,
  type RotationPage,
  Rotations,
  type RotationState,
} from './integrations/rotations';
export { RetiredSecrets } from './integrations/retired-secrets';
export { type FieldProblem, InvalidFieldsError } from './invalid-fields.errors';
export * from './ports/credential-catalogue.port';
export * from './ports/tenant-work.port';
export { TENANCY_ENTITIES, TenancyModule } from './tenancy.module';
export { type DeletionOptions, TenantDeletion } from './tenants/tenant-deletion';
export { type ErasureOptions, TenantErasure } from './tenants/tenant-erasure';
export * from './tenants/tenant.errors';
export { TENANT_STATUSES, type TenantStatus } from './tenants/tenant.entity';
export { type TenantPage, Tenants, type TenantView } from './tenants/tenants';
export * from './vault/credential.errors';
export { DEFAULT_INTEGRATION, TenantCredentialVault, type VaultCredentials } from './vault/tenant-credential-vault';
