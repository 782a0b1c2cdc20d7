import { Injectable } from '@nestjs/common';
import { type Secret, SYSTEM_TENANT_ID } from '@puente/kernel';
import { CredentialCatalogue, type CredentialRules } from '../ports/credential-catalogue.port';
import { TenantSuspendedError } from '../tenants/tenant.errors';
import {
  CredentialsInactiveError,
  CredentialsMissingError,
  CredentialsQuarantinedError,
  ProviderNotFoundError,
} from './credential.errors';
import { CredentialReader, type StoredCredentials } from './credential-reader';
import { type Fields, type Provenance, resolveCredentials } from './resolve-credentials';

/** The name every integration has unless the tenant gives it another. */
export const DEFAULT_INTEGRATION = 'default';

/** A tenant's usable credentials for one call: integrations' `ResolvedCredentials`, which this library may not import. */
export interface VaultCredentials {
  readonly secrets: Secret<Fields>;
  readonly config: Fields;
  /** Changes whenever any part of the credentials does. */
  readonly version: string;
  readonly externalId: string;
  readonly provenance: Provenance;
}

/** Gives each call the credentials of its tenant. The app binds it as integrations' `CredentialVault`. */
@Injectable()
export class TenantCredentialVault {
  /** What was made of two sides' credentials, as long as the reader says that they are the same. */
  private readonly resolutions = new WeakMap<
    StoredCredentials,
    { readonly global: StoredCredentials; readonly resolution: VaultCredentials }
  >();

  constructor(
    private readonly catalogue: CredentialCatalogue,
    private readonly reader: CredentialReader,
  ) {}

  /**
   * @throws {CredentialsMissingError} {@link CredentialsInactiveError} {@link CredentialsQuarantinedError}
   *   {@link TenantSuspendedError}
   */
  async resolve(tenantId: string, provider: string, integration: string, sinceMs?: number): Promise<VaultCredentials> {
    const rules = this.catalogue.rulesOf(provider);
    if (!rules) throw new ProviderNotFoundError(provider);
    const tenant = await this.reader.read(tenantId, provider, integration, sinceMs);
    if (tenant.tenantStatus !== 'active') throw new TenantSuspendedError(tenantId);
    if (rules.model === 'global') return this.global(rules, integration, sinceMs);
    this.refuseUnusable(rules, integration, tenant);
    if (rules.model === 'tenant' || tenantId === SYSTEM_TENANT_ID)
      return this.resolved(rules, integration, tenant, tenant);
    const global = await this.reader.read(SYSTEM_TENANT_ID, provider, DEFAULT_INTEGRATION, sinceMs);
    return this.resolved(rules, integration, tenant, global);
  }

  private async global(rules: CredentialRules, integration: string, sinceMs?: number): Promise<VaultCredentials> {
    const global = await this.reader.read(SYSTEM_TENANT_ID, rules.provider, integration, sinceMs);
    if (global.state === 'missing') throw new CredentialsMissingError(rules.provider, integration);
    this.refuseUnusable(rules, integration, global);
    return this.resolved(rules, integration, undefined, global);
  }

  private resolved(
    rules: CredentialRules,
    integration: string,
    tenant: StoredCredentials | undefined,
    global: StoredCredentials,
  ): VaultCredentials {
    const known = this.resolutions.get(tenant ?? global);
    if (known?.global === global) return known.resolution;
    const resolution = resolved(rules, integration, tenant, global);
    this.resolutions.set(tenant ?? global, { global, resolution });
    return resolution;
  }

  /** What a tenant switched off, or what is in quarantine, is not replaced by ours. Nor is an account that it misspelt. */
  private refuseUnusable({ provider, model }: CredentialRules, integration: string, stored: StoredCredentials): void {
    if (stored.state === 'quarantined') throw new CredentialsQuarantinedError(provider, integration);
    if (stored.state === 'inactive') throw new CredentialsInactiveError(provider, integration);
    if (stored.state === 'missing' && (model === 'tenant' || integration !== DEFAULT_INTEGRATION))
      throw new CredentialsMissingError(provider, integration);
  }
}

function resolved(
  rules: CredentialRules,
  integration: string,
  tenant: StoredCredentials | undefined,
  global: StoredCredentials,
): VaultCredentials {
  const resolution = resolveCredentials(rules, tenant?.part, global.part);
  if (resolution.kind === 'incomplete')
    throw new CredentialsMissingError(rules.provider, integration, resolution.fields);
  const { secrets, config, provenance } = resolution;
  const sides = rules.model === 'hybrid' ? [tenant, global] : [tenant ?? global];
  const owner = tenant?.state === 'usable' ? tenant : global;
  return {
    secrets,
    config,
    provenance,
    version: sides.map((side) => side?.version ?? '-').join('+'),
    externalId: owner.externalId,
  };
}
