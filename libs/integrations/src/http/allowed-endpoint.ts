import { AppError } from '@puente/kernel';
import type { ConnectContext } from '../provider';

/** The address a tenant gave is not one that the operator allows. Nothing was sent to it. */
export class EndpointNotAllowedError extends AppError {
  readonly code = 'ENDPOINT_NOT_ALLOWED';

  constructor(origin: string) {
    super(`${origin} is not an allowed endpoint. Remove it from the configuration or ask the operator to allow it.`);
  }
}

export function isAllowedOrigin(origin: string, allowed: readonly string[]): boolean {
  return allowed.some((candidate) => URL.canParse(candidate) && new URL(candidate).origin === origin);
}

/**
 * Where a provider's client connects: to the provider, or to the address that a tenant's `config.endpoint` gives instead,
 * if the operator allows its origin.
 *
 * @throws {EndpointNotAllowedError}
 */
export function endpointOr(
  own: string,
  given: string | undefined,
  { allowedEndpoints }: Pick<ConnectContext, 'allowedEndpoints'>,
): string {
  if (given === undefined) return own;
  const { origin } = new URL(given);
  if (!isAllowedOrigin(origin, allowedEndpoints)) throw new EndpointNotAllowedError(origin);
  return given;
}
