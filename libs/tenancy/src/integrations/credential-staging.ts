import { isDeepStrictEqual } from 'node:util';
import { Injectable } from '@nestjs/common';
import { TenantDatabase, type TenantTransaction } from '@puente/database';
import { Secret, uuidv7 } from '@puente/kernel';
import { AuditLog, type Origin } from '../audit/audit-log';
import type { CredentialRules } from '../ports/credential-catalogue.port';
import type { Fields } from '../vault/resolve-credentials';
import { type CredentialFields } from './check-credentials';
import {
  IntegrationNotFoundError,
  IntegrationVersionConflictError,
  RotationOverError,
  SecretsRequiredError,
  SecretsUnchangedError,
} from './integration.errors';
import type { IntegrationRecord } from './integration.entity';
import { type IntegrationRef, targetOf } from './integration-ref';
import type { IntegrationVersion } from './integration-version.entity';
import { IntegrationsRepository } from './integrations.repository';
import { VersionSealer } from './version-sealer';

/** A version that could become the active one, with its secrets open. */
export interface Candidate {
  readonly versionId: string;
  readonly version: number;
  readonly secrets: Secret<Fields>;
  readonly config: Fields;
}

export interface Change {
  readonly secrets?: Fields | undefined;
  readonly config?: Fields | undefined;
}

export interface StagingOptions {
  readonly rules: CredentialRules;
  /** The newest version the caller has seen; another one by now means a conflict. */
  readonly expectedVersion?: number | undefined;
  /** Throws when the fields, as they would be stored, do not fit. */
  readonly check: (fields: CredentialFields) => void;
  readonly action: 'integration.saved' | 'integration.changed' | 'integration.rotated';
}

/** Writes new versions. None of them is used before its probe: see CredentialActivation. */
@Injectable()
export class CredentialStaging {
  constructor(
    private readonly database: TenantDatabase,
    private readonly repository: IntegrationsRepository,
    private readonly sealer: VersionSealer,
    private readonly audit: AuditLog,
  ) {}

  /** Everything anew: nothing of an older version is opened, so it also works when that one cannot be. */
  replace(origin: Origin, ref: IntegrationRef, fields: CredentialFields, options: StagingOptions): Promise<Candidate> {
    return this.database.run(ref.tenantId, (tx) => this.replaceIn(tx, origin, ref, fields, options));
  }

  /** The same in a transaction that is open already. */
  async replaceIn(
    tx: TenantTransaction,
    origin: Origin,
    ref: IntegrationRef,
    fields: CredentialFields,
    options: StagingOptions,
  ): Promise<Candidate> {
    const integration = await this.repository.lockOrCreate(tx, ref);
    const versions = await this.repository.versions(tx, integration.id);
    return this.stage(tx, { origin, ref, integration, versions, fields, options });
  }

  /** What is in use, or was when it was switched off; undefined when nothing ever was. @throws {CredentialsQuarantinedError} */
  async inUse(tx: TenantTransaction, ref: IntegrationRef): Promise<Candidate | undefined> {
    const integration = await this.repository.lock(tx, ref);
    const versions = integration ? await this.repository.versions(tx, integration.id) : [];
    const active = versions.find(({ state }) => state === 'active');
    return active && this.opened(tx, ref, active);
  }

  /**
   * Some fields, the others carried over from the active version (or, before there is one, from the newest). A change to
   * null removes a field. Secrets are never carried over to another `rebindOn` value: whoever may change the host must
   * not thereby learn the key.
   *
   * @throws {SecretsRequiredError} {@link SecretsUnchangedError} {@link IntegrationNotFoundError}
   */
  change(origin: Origin, ref: IntegrationRef, change: Change, options: StagingOptions): Promise<Candidate> {
    return this.database.run(ref.tenantId, async (tx) => {
      const integration = await this.repository.lock(tx, ref);
      if (!integration) throw new IntegrationNotFoundError(ref.provider, ref.name);
      const versions = await this.repository.versions(tx, integration.id);
      const base = versions.find(({ state }) => state === 'active') ?? versions[0];
      if (!base || base.state === 'revoked') throw new IntegrationNotFoundError(ref.provider, ref.name);
      const before = await this.opened(tx, ref, base);
      const fields = {
        secrets: changed(before.secrets.reveal(), change.secrets),
        config: changed(before.config, change.config),
      };
      requireSecretsFor(options.rules, before, fields.config, change.secrets);
      if (options.action === 'integration.rotated') requireNewSecrets(ref, before.secrets.reveal(), change.secrets);
      return this.stage(tx, { origin, ref, integration, versions, fields, options });
    });
  }

  /**
   * What can be verified or activated: the newest version that was not, else the active one.
   *
   * @throws {IntegrationNotFoundError} {@link CredentialsQuarantinedError}
   */
  candidate(ref: IntegrationRef): Promise<Candidate> {
    return this.database.run(ref.tenantId, async (tx) => {
      const integration = await this.repository.find(tx, ref);
      const versions = integration ? await this.repository.versions(tx, integration.id) : [];
      const chosen =
        versions.find(({ state }) => state === 'staged' || state === 'verified') ??
        versions.find(({ state }) => state === 'active');
      if (!chosen) throw new IntegrationNotFoundError(ref.provider, ref.name);
      return this.opened(tx, ref, chosen);
    });
  }

  /**
   * What a rotation can go back to: the newest version whose overlap is not over.
   *
   * @throws {RotationOverError} {@link IntegrationNotFoundError} {@link CredentialsQuarantinedError}
   */
  predecessor(ref: IntegrationRef): Promise<Candidate> {
    return this.database.run(ref.tenantId, async (tx) => {
      const integration = await this.repository.find(tx, ref);
      if (!integration) throw new IntegrationNotFoundError(ref.provider, ref.name);
      const versions = await this.repository.versions(tx, integration.id);
      const retiring = versions.find(({ state }) => state === 'retiring');
      if (!retiring) throw new RotationOverError(ref.provider, ref.name);
      return this.opened(tx, ref, retiring);
    });
  }

  private async opened(tx: TenantTransaction, ref: IntegrationRef, version: IntegrationVersion): Promise<Candidate> {
    const { envelope } = await this.repository.sealed(tx, version.id);
    const secrets = await this.sealer.open(ref, version, envelope);
    return { versionId: version.id, version: version.version, secrets, config: version.config };
  }

  private async stage(tx: TenantTransaction, staging: Staging): Promise<Candidate> {
    const { origin, ref, integration, versions, fields, options } = staging;
    const newest = versions[0]?.version ?? 0;
    if (options.expectedVersion !== undefined && options.expectedVersion !== newest)
      throw new IntegrationVersionConflictError(ref.provider, ref.name);
    options.check(fields);
    const secrets = new Secret(fields.secrets);
    const candidate = { versionId: uuidv7(), version: newest + 1, secrets, config: fields.config };
    await this.repository.stage(tx, integration.id, {
      id: candidate.versionId,
      version: candidate.version,
      config: fields.config,
      ...(await this.sealer.seal(ref, { id: candidate.versionId, version: candidate.version }, secrets)),
    });
    const detail = {
      version: candidate.version,
      secrets: Object.keys(fields.secrets),
      config: Object.keys(fields.config),
    };
    await this.audit.record(tx, { ...origin, action: options.action, target: targetOf(ref), outcome: 'done', detail });
    return candidate;
  }
}

interface Staging {
  readonly origin: Origin;
  readonly ref: IntegrationRef;
  readonly integration: IntegrationRecord;
  readonly versions: readonly IntegrationVersion[];
  readonly fields: CredentialFields;
  readonly options: StagingOptions;
}

function changed(before: Fields, change: Fields = {}): Fields {
  const kept = Object.entries(before).filter(([field]) => !Object.hasOwn(change, field));
  const set = Object.entries(change).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries([...kept, ...set]);
}

function requireSecretsFor(rules: CredentialRules, before: Candidate, config: Fields, sent: Fields = {}): void {
  const because = rules.rebindOn.filter((field) => !isDeepStrictEqual(before.config[field], config[field]));
  const carried = Object.keys(before.secrets.reveal()).filter(
    (field) => !Object.hasOwn(sent, field) && (rules.boundSecrets?.includes(field) ?? true),
  );
  if (because.length === 0 || carried.length === 0) return;
  throw new SecretsRequiredError(
    because.map((field) => `config.${field}`),
    carried.map((field) => ({ path: `secrets.${field}`, message: 'must be sent again' })),
  );
}

function requireNewSecrets(ref: IntegrationRef, before: Fields, sent: Fields = {}): void {
  const isNew = Object.entries(sent).some(([field, value]) => !isDeepStrictEqual(before[field], value));
  if (!isNew) throw new SecretsUnchangedError(ref.provider, ref.name);
}
