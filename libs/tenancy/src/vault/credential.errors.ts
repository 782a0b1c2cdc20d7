import { AppError } from '@puente/kernel';

/** The tenant has not configured this provider, or not all of it. Nothing is taken from elsewhere instead. */
export class CredentialsMissingError extends AppError {
  readonly code = 'CREDENTIALS_MISSING';

  constructor(
    provider: string,
    integration: string,
    readonly fields: readonly string[] = [],
  ) {
    const lacking = fields.length === 0 ? '' : ` These fields are missing or unusable: ${fields.join(', ')}.`;
    super(
      `There are no usable credentials for ${provider} (${integration}).${lacking} Set them with PUT /v1/integrations/${provider}.`,
    );
  }
}

/** An administrator switched the integration off. */
export class CredentialsInactiveError extends AppError {
  readonly code = 'CREDENTIALS_INACTIVE';

  constructor(provider: string, integration: string) {
    super(
      `The credentials for ${provider} (${integration}) are not active. Activate them with POST /v1/integrations/${provider}/activate.`,
    );
  }
}

/** The stored credentials cannot be decrypted. Only this integration is affected; saving them again lifts it. */
export class CredentialsQuarantinedError extends AppError {
  readonly code = 'CREDENTIALS_QUARANTINED';

  constructor(provider: string, integration: string) {
    super(
      `The stored credentials for ${provider} (${integration}) cannot be decrypted and are in quarantine. Save all of them again with PUT /v1/integrations/${provider}.`,
    );
  }
}

/** No provider of this name is in the catalogue. */
export class ProviderNotFoundError extends AppError {
  readonly code = 'PROVIDER_NOT_FOUND';

  constructor(provider: string) {
    super(`There is no provider ${provider}.`);
  }
}
