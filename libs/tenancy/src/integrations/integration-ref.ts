import { SYSTEM_TENANT_ID } from '@puente/kernel';
import { InvalidFieldsError } from '../invalid-fields.errors';
import type { CredentialCatalogue, CredentialRules } from '../ports/credential-catalogue.port';
import { ProviderNotFoundError } from '../vault/credential.errors';
import { CredentialsGlobalError, IntegrationManagedError } from './integration.errors';

const NAME = /^[a-z0-9][a-z0-9_-]{0,49}$/;

/** An account of a tenant with a provider. */
export interface IntegrationRef {
  readonly tenantId: string;
  readonly provider: string;
  readonly name: string;
}

/** `integration:sns/default`, as the audit trail and the events name it. */
export function targetOf({ provider, name }: Omit<IntegrationRef, 'tenantId'>): string {
  return `integration:${provider}/${name}`;
}

/**
 * The rules for what may be stored there.
 *
 * @throws {ProviderNotFoundError} {@link CredentialsGlobalError} {@link InvalidFieldsError}
 */
export function rulesFor(
  catalogue: CredentialCatalogue,
  { tenantId, provider, name }: IntegrationRef,
): CredentialRules {
  const rules = catalogue.rulesOf(provider);
  if (!rules) throw new ProviderNotFoundError(provider);
  if (rules.model === 'global' && tenantId !== SYSTEM_TENANT_ID) throw new CredentialsGlobalError(provider);
  if (!NAME.test(name))
    throw new InvalidFieldsError([{ path: 'name', message: 'expected 1 to 50 lower-case letters, digits, - or _' }]);
  return rules;
}

/** The same for who changes integrations by themselves. @throws as {@link rulesFor}, and {@link IntegrationManagedError} */
export function changeableRulesFor(catalogue: CredentialCatalogue, ref: IntegrationRef): CredentialRules {
  const rules = rulesFor(catalogue, ref);
  if (rules.managedBy !== undefined) throw new IntegrationManagedError(ref.provider, rules.managedBy);
  return rules;
}
