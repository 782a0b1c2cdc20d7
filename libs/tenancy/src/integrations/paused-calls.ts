import { Injectable } from '@nestjs/common';
import { CredentialsMended } from '../ports/credential-catalogue.port';
import { TenancyLog } from '../tenancy.log';
import type { IntegrationRef } from './integration-ref';

/** Lets calls go on that waited for better credentials. After the commit, so that they find the new ones. */
@Injectable()
export class PausedCalls {
  constructor(
    private readonly mended: CredentialsMended,
    private readonly log: TenancyLog,
  ) {}

  /** Never fails: the credentials are in use by now, and verifying them again repeats this. */
  async resume({ tenantId, provider, name }: IntegrationRef): Promise<void> {
    try {
      await this.mended.mended(tenantId, provider, name);
    } catch (error) {
      this.log.mendedFailed(tenantId, provider, name, error);
    }
  }
}
