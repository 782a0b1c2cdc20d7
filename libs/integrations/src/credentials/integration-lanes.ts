import { Injectable } from '@nestjs/common';
import { SYSTEM_TENANT_ID } from '@puente/kernel';
import { type MendedCredentials, MendedLanes } from '@puente/ledger';
import { DEFAULT_INTEGRATION } from '../gateway/call-plan';
import { ProviderCatalogue } from '../provider-catalogue';

/** What `lanes` writes as `paused_by` when a provider refuses the credentials. */
export const UNAUTHORIZED = 'unauthorized';

/** The lanes of one integration: they share its credentials, wait for them together and go on together. */
@Injectable()
export class IntegrationLanes {
  constructor(
    private readonly catalogue: ProviderCatalogue,
    private readonly lanes: MendedLanes,
  ) {}

  /**
   * Lets those go on that were paused because the credentials were refused, and keeps late refusals of the old ones from
   * pausing them again. What an administrator paused stays so. The platform's own credentials let every tenant go on
   * that may use them.
   */
  async resume(tenantId: string, provider: string, integration: string): Promise<void> {
    await this.lanes.resume(this.mended(tenantId, provider, integration));
  }

  private mended(tenantId: string, provider: string, integration: string): MendedCredentials {
    const own = { tenantId, provider, integration, reach: 'owner', lanesOf: integration } as const;
    if (tenantId !== SYSTEM_TENANT_ID) return own;
    switch (this.catalogue.find(provider)?.credentials.model) {
      case 'global':
        return { ...own, reach: 'all' };
      case 'hybrid': // only the default ones are lent, to whatever each tenant calls its account
        return integration === DEFAULT_INTEGRATION ? { ...own, reach: 'all', lanesOf: undefined } : own;
      case 'tenant':
      case undefined:
        return own;
    }
  }
}
