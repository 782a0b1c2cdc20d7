import { Injectable } from '@nestjs/common';
import { ProviderClients } from '../chain/provider-clients';
import { CredentialVault } from '../credential-vault.port';

/**
 * Refuses a synchronous write for which there are no credentials before it is written down: the caller learns what is
 * missing, and may use the same idempotency key once it is there. Background operations are accepted all the same and
 * wait in a paused lane, since what was accepted must not be lost.
 */
@Injectable()
export class CredentialCheck {
  constructor(
    private readonly vault: CredentialVault,
    private readonly clients: ProviderClients,
  ) {}

  /** @throws what the vault throws, `CREDENTIALS_MISSING` among others */
  async demand(tenantId: string, { provider, integration }: { provider: string; integration: string }): Promise<void> {
    // Somebody called with them lately. Should they be gone by now, the call itself finds out.
    if (this.clients.has({ tenantId, provider, integration })) return;
    await this.vault.resolve(tenantId, provider, integration);
  }
}
