import { AppError } from '@puente/kernel';
import type { FieldProblem } from '../invalid-fields.errors';

/** No such account of this tenant with the provider. */
export class IntegrationNotFoundError extends AppError {
  readonly code = 'INTEGRATION_NOT_FOUND';

  constructor(provider: string, integration: string) {
    super(`There is no integration ${provider} (${integration}).`);
  }
}

/** A change began from an older version than the newest, or another change overtook it. */
export class IntegrationVersionConflictError extends AppError {
  readonly code = 'INTEGRATION_VERSION_CONFLICT';

  constructor(provider: string, integration: string) {
    super(`${provider} (${integration}) was changed by somebody else meanwhile. Read it again and repeat the change.`);
  }
}

/** A stored secret must not follow a change of where it is sent (or of whom it belongs to): it has to be sent again. */
export class SecretsRequiredError extends AppError {
  readonly code = 'SECRETS_REQUIRED';

  constructor(
    readonly because: readonly string[],
    readonly errors: readonly FieldProblem[],
  ) {
    super(
      `A change of ${because.join(', ')} needs the secrets again: ${errors.map(({ path }) => path).join(', ')}. Send them in the same request.`,
    );
  }
}

/** A rotation that rotates nothing would only turn the clock forward. */
export class SecretsUnchangedError extends AppError {
  readonly code = 'SECRETS_UNCHANGED';

  constructor(provider: string, integration: string) {
    super(`The secrets sent for ${provider} (${integration}) are the ones in use. A rotation needs new ones.`);
  }
}

/** There is no way back: the version before the active one has no secrets any more. */
export class RotationOverError extends AppError {
  readonly code = 'ROTATION_OVER';

  constructor(provider: string, integration: string) {
    super(
      `No earlier version of ${provider} (${integration}) is in its overlap any more: its secrets are erased. Rotate to the secrets that work.`,
    );
  }
}

/** The integration belongs to something of a flow, which changes both together. Changed alone, the two would differ. */
export class IntegrationManagedError extends AppError {
  readonly code = 'INTEGRATION_MANAGED';

  constructor(
    provider: string,
    readonly managedBy: string,
  ) {
    super(`Integrations of ${provider} are changed with what they belong to: ${managedBy}.`);
  }
}

/** The provider's credentials are the platform's own; a tenant has none to set. */
export class CredentialsGlobalError extends AppError {
  readonly code = 'CREDENTIALS_GLOBAL';

  constructor(provider: string) {
    super(`${provider} works with the platform's own credentials. There is nothing for a tenant to set.`);
  }
}

/** The provider was asked and refused the credentials. The version stays staged; what was active still is. */
export class CredentialsRejectedError extends AppError {
  readonly code = 'CREDENTIALS_REJECTED';

  constructor(
    provider: string,
    integration: string,
    readonly version: number,
    readonly providerCode: string | null,
  ) {
    super(
      `The provider refused version ${String(version)} of the credentials for ${provider} (${integration})${providerCode === null ? '' : ` with ${providerCode}`}. It was not activated; what was active before still is.`,
    );
  }
}

/** The provider gave no answer that tells whether the credentials are right. The version stays staged. */
export class ProbeUnclearError extends AppError {
  readonly code = 'PROBE_UNCLEAR';

  constructor(
    provider: string,
    integration: string,
    readonly version: number,
    readonly outcome: string,
  ) {
    super(
      `Whether version ${String(version)} of the credentials for ${provider} (${integration}) is right could not be found out (${outcome}). It was saved but not activated: activate it once the provider answers.`,
    );
  }
}
