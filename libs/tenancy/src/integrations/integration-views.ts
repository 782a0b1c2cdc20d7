import { Injectable } from '@nestjs/common';
import { TenantDatabase, type TenantTransaction } from '@puente/database';
import { SYSTEM_TENANT_ID } from '@puente/kernel';
import { type FindOptionsWhere, In, IsNull, Not } from 'typeorm';
import type { FieldFingerprints } from '../envelopes/fingerprints';
import { CredentialCatalogue, type CredentialRules } from '../ports/credential-catalogue.port';
import type { Fields } from '../vault/resolve-credentials';
import { DEFAULT_INTEGRATION } from '../vault/tenant-credential-vault';
import { IntegrationNotFoundError } from './integration.errors';
import { IntegrationRecord } from './integration.entity';
import type { IntegrationRef } from './integration-ref';
import { type IntegrationView, type LentFields, viewOf } from './integration-view';
import type { RotationState } from './rotations';
import { IntegrationVersion } from './integration-version.entity';

/** Reads integrations for people. Secrets are not read at all: their columns are not selected. */
@Injectable()
export class IntegrationViews {
  constructor(
    private readonly database: TenantDatabase,
    private readonly catalogue: CredentialCatalogue,
  ) {}

  /** @throws {IntegrationNotFoundError} */
  async get(ref: IntegrationRef): Promise<IntegrationView> {
    const { tenantId, provider, name } = ref;
    const [view] = await this.find(tenantId, { provider, name });
    if (!view) throw new IntegrationNotFoundError(provider, name);
    return view;
  }

  /**
   * Without those that belong to things of a flow: there may be thousands, and the flow's own route lists them.
   *
   * @param due only those in use whose secrets should be exchanged soon, or should have been
   */
  async list(tenantId: string, due?: readonly RotationState[]): Promise<IntegrationView[]> {
    const managed = this.catalogue.providers().filter((provider) => this.catalogue.rulesOf(provider)?.managedBy);
    const all = await this.find(tenantId, { provider: Not(In(managed)) });
    if (!due) return all;
    return all.filter(({ isActive, rotation: { state } }) => isActive && due.some((wanted) => wanted === state));
  }

  private async find(tenantId: string, where: Where): Promise<IntegrationView[]> {
    const { integrations, versions, newest, now } = await this.database.run(tenantId, (tx) => rowsOf(tx, where));
    const lent = await this.lent(integrations.map(({ provider }) => provider));
    const ofIntegration = new Map<string, IntegrationVersion[]>();
    for (const version of versions) {
      const known = ofIntegration.get(version.integrationId);
      if (known) known.push(version);
      else ofIntegration.set(version.integrationId, [version]);
    }
    return integrations.map((integration) =>
      viewOf({
        integration,
        versions: ofIntegration.get(integration.id) ?? [],
        newestVersion: newest.get(integration.id) ?? 0,
        rules: this.catalogue.rulesOf(integration.provider),
        lent: lent.get(integration.provider),
        now,
      }),
    );
  }

  /** Which fields of hybrid providers the platform has; names, to say where a value comes from. */
  private async lent(providers: readonly string[]): Promise<ReadonlyMap<string, LentFields>> {
    const hybrid = providers
      .map((provider) => this.catalogue.rulesOf(provider))
      .filter((rules): rules is CredentialRules => rules?.model === 'hybrid');
    if (hybrid.length === 0) return new Map();
    const rows = await this.database.run(SYSTEM_TENANT_ID, (tx) =>
      tx.query<{ provider: string; fingerprints: FieldFingerprints; config: Fields }>(
        `SELECT i.provider, v.fingerprints, v.config FROM tenant_integrations i
         JOIN integration_versions v ON v.integration_id = i.id AND v.state = 'active'
         WHERE i.provider = ANY ($1) AND i.name = $2 AND i.is_active AND i.quarantined_at IS NULL`,
        [hybrid.map(({ provider }) => provider), DEFAULT_INTEGRATION],
      ),
    );
    return new Map(
      rows.map(({ provider, fingerprints, config }) => [
        provider,
        { secrets: Object.keys(fingerprints), config: config },
      ]),
    );
  }
}

type Where = FindOptionsWhere<Pick<IntegrationRecord, 'provider' | 'name'>>;

interface Rows {
  readonly integrations: readonly IntegrationRecord[];
  readonly versions: readonly IntegrationVersion[];
  readonly newest: ReadonlyMap<string, number>;
  readonly now: Date;
}

async function rowsOf(tx: TenantTransaction, where: Where): Promise<Rows> {
  const integrations = await tx.manager
    .getRepository(IntegrationRecord)
    .find({ where: { tenantId: tx.tenantId, ...where }, order: { provider: 'ASC', name: 'ASC' } });
  const ids = integrations.map(({ id }) => id);
  const versions = await tx.manager.getRepository(IntegrationVersion).find({
    where: { tenantId: tx.tenantId, integrationId: In(ids), revokedAt: IsNull() },
    order: { version: 'DESC' },
  });
  const newest = await tx.query<{ id: string; version: number }>(
    `SELECT integration_id AS id, max(version) AS version FROM integration_versions
     WHERE integration_id = ANY ($1) GROUP BY integration_id`,
    [ids],
  );
  const [clock] = await tx.query<{ now: Date }>(`SELECT puente_now() AS now`);
  const newestOf = new Map(newest.map(({ id, version }) => [id, version]));
  return { integrations, versions, newest: newestOf, now: clock?.now ?? new Date() };
}
