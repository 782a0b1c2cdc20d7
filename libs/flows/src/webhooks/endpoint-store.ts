import { Injectable } from '@nestjs/common';
import type { TenantTransaction } from '@puente/database';
import { LONGEST_TIMEOUT_S, WebhookConfig, WebhookSecrets } from '@puente/providers/webhooks';
import { CredentialsMissingError, type Origin, OwnIntegrations, SecretsRequiredError } from '@puente/tenancy';
import { saveKeys } from './endpoint-rows';
import { integrationOf } from './integration-of';
import { keysOf, nextExpiry, type SigningSecret } from './signing-keys';

/** What of an endpoint is its integration's. */
export interface EndpointCredentials {
  readonly url: string;
  readonly ratePerSecond: number | null;
  readonly timeoutSeconds: number;
  /** With their values. */
  readonly headers: Readonly<Record<string, string>>;
  readonly signing: readonly SigningSecret[];
}

/** Reads and writes the credentials of endpoints, in the transaction of the endpoint's own row. */
@Injectable()
export class EndpointStore {
  constructor(private readonly integrations: OwnIntegrations) {}

  async save(
    tx: TenantTransaction,
    origin: Origin,
    id: string,
    { url, ratePerSecond, timeoutSeconds, headers, signing }: EndpointCredentials,
    enabled: boolean,
  ): Promise<void> {
    const headerNames = Object.keys(headers).sort();
    const fields = {
      secrets: { signing: [...signing], headers: { ...headers } },
      config: { url, headerNames, timeoutSeconds, ...(ratePerSecond === null ? {} : { ratePerSecond }) },
    };
    await this.integrations.save(tx, origin, integrationOf(tx.tenantId, id), fields, enabled);
    const keys = keysOf(signing);
    await saveKeys(tx, id, keys, nextExpiry(keys));
  }

  /** @throws {CredentialsMissingError} {@link CredentialsQuarantinedError} */
  async open(tx: TenantTransaction, id: string): Promise<EndpointCredentials> {
    const ref = integrationOf(tx.tenantId, id);
    const stored = await this.integrations.open(tx, ref);
    if (!stored) throw new CredentialsMissingError(ref.provider, ref.name);
    const { signing, headers = {} } = WebhookSecrets.parse(stored.secrets.reveal());
    const { url, ratePerSecond = null, timeoutSeconds = LONGEST_TIMEOUT_S } = WebhookConfig.parse(stored.config);
    return {
      url,
      ratePerSecond,
      timeoutSeconds,
      headers,
      signing: signing.map(({ secret, expiresAt }) => ({ secret, ...(expiresAt === undefined ? {} : { expiresAt }) })),
    };
  }

  remove(tx: TenantTransaction, origin: Origin, id: string): Promise<void> {
    return this.integrations.remove(tx, origin, integrationOf(tx.tenantId, id));
  }
}

/**
 * Signing secrets go along to another host: nobody learns a secret from what it signs. Values of headers are the
 * receiver's own keys, and whoever may change the URL must not thereby learn them.
 *
 * @throws {SecretsRequiredError} the URL leads to another origin, and headers are not given anew
 */
export function requireHeadersFor(
  before: EndpointCredentials,
  url: string,
  given: Readonly<Record<string, string>> | undefined,
): void {
  const names = Object.keys(before.headers);
  if (given !== undefined || names.length === 0 || new URL(url).origin === new URL(before.url).origin) return;
  throw new SecretsRequiredError(
    ['url'],
    names.map((name) => ({ path: `headers.${name}`, message: 'must be sent again' })),
  );
}
