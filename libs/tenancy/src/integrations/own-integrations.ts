import { Injectable } from '@nestjs/common';
import type { TenantTransaction } from '@puente/database';
import type { Secret } from '@puente/kernel';
import type { Origin } from '../audit/audit-log';
import { CredentialCatalogue } from '../ports/credential-catalogue.port';
import type { Fields } from '../vault/resolve-credentials';
import { checkCredentials, type CredentialFields } from './check-credentials';
import { CredentialActivation } from './credential-activation';
import { CredentialStaging } from './credential-staging';
import { type IntegrationRef, rulesFor } from './integration-ref';
import { PausedCalls } from './paused-calls';

/** All that is stored of an integration, open. */
export interface OwnCredentials {
  readonly secrets: Secret<Fields>;
  readonly config: Fields;
}

/** Everything is said anew, and nothing is kept valid beside it. */
const AT_ONCE = { overlapHours: 0 } as const;

/**
 * Integrations that a flow makes for things of its own, such as webhook endpoints, in the transaction of those things.
 * What is saved is used from the commit on: there is nobody to ask, because the other side may be built later. Whether
 * credentials may move to another host is the flow's to decide as well; administrators of other accounts use
 * IntegrationsAdmin.
 */
@Injectable()
export class OwnIntegrations {
  constructor(
    private readonly catalogue: CredentialCatalogue,
    private readonly staging: CredentialStaging,
    private readonly activation: CredentialActivation,
    private readonly paused: PausedCalls,
  ) {}

  /** What is in use, or was when it was disabled. Locks it. @throws {CredentialsQuarantinedError} */
  open(tx: TenantTransaction, ref: IntegrationRef): Promise<OwnCredentials | undefined> {
    return this.staging.inUse(tx, ref);
  }

  /**
   * Saves all fields, of a new integration or of one there is.
   *
   * @param enabled false: it stays, or becomes, disabled
   * @throws {InvalidFieldsError}
   */
  async save(
    tx: TenantTransaction,
    origin: Origin,
    ref: IntegrationRef,
    fields: CredentialFields,
    enabled = true,
  ): Promise<void> {
    const rules = rulesFor(this.catalogue, ref);
    const check = (given: CredentialFields): void => checkCredentials(rules, ref.tenantId, given);
    const options = { rules, check, action: 'integration.saved' } as const;
    const candidate = await this.staging.replaceIn(tx, origin, ref, fields, options);
    await this.activation.promote(tx, origin, rules, ref, candidate, AT_ONCE);
    if (enabled) this.resumeAfter(tx, ref);
    else await this.activation.deactivateIn(tx, origin, ref);
  }

  /** Calls that waited meanwhile go on. @throws {IntegrationNotFoundError} {@link CredentialsQuarantinedError} */
  async enable(tx: TenantTransaction, origin: Origin, ref: IntegrationRef): Promise<void> {
    const candidate = await this.staging.inUse(tx, ref);
    if (candidate) await this.activation.promote(tx, origin, rulesFor(this.catalogue, ref), ref, candidate, AT_ONCE);
    this.resumeAfter(tx, ref);
  }

  /** Calls wait from now on, and burn no attempts. @throws {IntegrationNotFoundError} */
  disable(tx: TenantTransaction, origin: Origin, ref: IntegrationRef): Promise<void> {
    return this.activation.deactivateIn(tx, origin, ref);
  }

  /** With all its secrets. @throws {IntegrationNotFoundError} */
  remove(tx: TenantTransaction, origin: Origin, ref: IntegrationRef): Promise<void> {
    return this.activation.deleteIn(tx, origin, ref);
  }

  private resumeAfter(tx: TenantTransaction, ref: IntegrationRef): void {
    tx.afterCommit(() => void this.paused.resume(ref));
  }
}
