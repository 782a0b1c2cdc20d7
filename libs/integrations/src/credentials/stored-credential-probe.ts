import { Injectable } from '@nestjs/common';
import { AppError, type Outcome } from '@puente/kernel';
import { CallChain } from '../chain/call-chain';
import { CredentialVault } from '../credential-vault.port';
import { ProviderCatalogue } from '../provider-catalogue';
import { probeCall } from './probe-call';

/** Tests the credentials that are in use, by the same probe as new ones: what a health check and a paused lane ask. */
@Injectable()
export class StoredCredentialProbe {
  constructor(
    private readonly catalogue: ProviderCatalogue,
    private readonly vault: CredentialVault,
    private readonly chain: CallChain,
  ) {}

  /** @throws what is not about the credentials, such as a database that is away */
  async probe(tenantId: string, provider: string, integration: string): Promise<Outcome> {
    try {
      const definition = this.catalogue.get(provider);
      const { config } = await this.vault.resolve(tenantId, provider, integration);
      return await this.chain.run(probeCall(definition, { tenantId, integration, config }));
    } catch (error) {
      if (error instanceof AppError && error.code !== 'DATABASE_UNAVAILABLE')
        return { kind: 'unauthorized', code: error.code, message: error.message };
      throw error;
    }
  }
}
