import type { Secret } from '@puente/kernel';

/** A tenant's usable credentials for one call. `version` names them for caches: a new version is a new client. */
export interface ResolvedCredentials {
  readonly secrets: Secret<Readonly<Record<string, unknown>>>;
  readonly config: Readonly<Record<string, unknown>>;
  /** Changes whenever any part of the credentials does. */
  readonly version: string;
  readonly externalId: string;
  /** Field → whose it is, for hybrid providers. Shown to administrators. */
  readonly provenance: Readonly<Record<string, 'tenant' | 'global'>>;
}

/**
 * Where the chain's innermost link gets credentials from. Tenancy implements it; the app binds it. One function for all
 * three models, so that a fall-back from a tenant's key to ours cannot be written by accident.
 *
 * Always fresh: what was committed, by whichever process, before `resolve` was called. So a caller whose credentials
 * were refused learns by asking again whether they are still the active ones. Only who names a time (`sinceMs`, monotonic)
 * may get what was read after it, if that is but a moment ago: calls that were claimed together share a read.
 *
 * @throws CredentialsMissingError (`CREDENTIALS_MISSING`), CredentialsInactiveError (`CREDENTIALS_INACTIVE`),
 *   CredentialsQuarantinedError (`CREDENTIALS_QUARANTINED`), TenantSuspendedError (`TENANT_SUSPENDED`)
 */
export abstract class CredentialVault {
  abstract resolve(
    tenantId: string,
    provider: string,
    integration: string,
    sinceMs?: number,
  ): Promise<ResolvedCredentials>;
}
