import { Injectable } from '@nestjs/common';
import { TenantDatabase, type TenantTransaction } from '@puente/database';
import { AuditLog, type Origin } from '../audit/audit-log';
import { CredentialCipher } from '../envelopes/credential-cipher';
import type { FieldFingerprints } from '../envelopes/fingerprints';
import type { CredentialRules } from '../ports/credential-catalogue.port';
import { CandidateProbe, type ProbeVerdict } from './candidate-probe';
import type { Candidate } from './credential-staging';
import type { Fields } from '../vault/resolve-credentials';
import {
  CredentialsRejectedError,
  IntegrationNotFoundError,
  IntegrationVersionConflictError,
  ProbeUnclearError,
} from './integration.errors';
import { type IntegrationRef, targetOf } from './integration-ref';
import type { IntegrationVersion } from './integration-version.entity';
import { IntegrationsRepository } from './integrations.repository';

/** How a candidate becomes the active version. */
export interface Promotion {
  /** How long the version before it keeps its secrets. */
  readonly overlapHours: number;
  /** To a version that is retiring, and to its clock, instead of to a new one. */
  readonly back?: boolean;
}

/** Probes candidates and puts the good ones to use. The probe runs outside any transaction. */
@Injectable()
export class CredentialActivation {
  constructor(
    private readonly database: TenantDatabase,
    private readonly repository: IntegrationsRepository,
    private readonly cipher: CredentialCipher,
    private readonly audit: AuditLog,
    private readonly probe: CandidateProbe,
  ) {}

  /** Asks the provider and records what it said; changes nothing else than `staged` to `verified`. */
  async verify(
    origin: Origin,
    rules: CredentialRules,
    ref: IntegrationRef,
    candidate: Candidate,
  ): Promise<ProbeVerdict> {
    const verdict = await this.probe.test(rules, ref, candidate);
    await this.database.run(ref.tenantId, async (tx) => {
      await this.repository.recordProbe(tx, candidate.versionId, verdict, verdict.kind === 'good');
      await this.audit.record(tx, {
        ...origin,
        action: 'integration.verified',
        target: targetOf(ref),
        outcome: verdict.kind === 'good' ? 'done' : 'failed',
        detail: { version: candidate.version, outcome: verdict.outcome, code: verdict.code },
      });
    });
    return verdict;
  }

  /**
   * Probe, then activate. When the probe does not say yes the candidate stays staged and the old version active. What
   * is not probed before it is used is activated at once.
   *
   * @throws {CredentialsRejectedError} {@link ProbeUnclearError} {@link IntegrationVersionConflictError} when a newer
   *   version was saved while the provider was being asked
   */
  async activate(
    origin: Origin,
    rules: CredentialRules,
    ref: IntegrationRef,
    candidate: Candidate,
    promotion: Promotion,
  ): Promise<void> {
    if (rules.probedBeforeUse ?? true) requireGood(ref, candidate, await this.verify(origin, rules, ref, candidate));
    await this.database.run(ref.tenantId, (tx) => this.promote(tx, origin, rules, ref, candidate, promotion));
  }

  /** Ends the overlap now. Repeating it changes nothing and is not audited again. @throws {IntegrationNotFoundError} */
  endOverlap(origin: Origin, ref: IntegrationRef): Promise<void> {
    return this.database.run(ref.tenantId, async (tx) => {
      const integration = await this.repository.lock(tx, ref);
      if (!integration) throw new IntegrationNotFoundError(ref.provider, ref.name);
      for (const version of await this.repository.endOverlap(tx, integration.id)) {
        await this.audit.record(tx, {
          ...origin,
          action: 'integration.version_revoked',
          target: targetOf(ref),
          outcome: 'done',
          detail: { version },
        });
      }
    });
  }

  /** Repeating it changes nothing and is not audited again. @throws {IntegrationNotFoundError} */
  deactivate(origin: Origin, ref: IntegrationRef): Promise<void> {
    return this.database.run(ref.tenantId, (tx) => this.deactivateIn(tx, origin, ref));
  }

  async deactivateIn(tx: TenantTransaction, origin: Origin, ref: IntegrationRef): Promise<void> {
    const integration = await this.repository.lock(tx, ref);
    if (!integration) throw new IntegrationNotFoundError(ref.provider, ref.name);
    if (!integration.isActive) return;
    await this.repository.deactivate(tx, integration.id);
    await this.audit.record(tx, {
      ...origin,
      action: 'integration.deactivated',
      target: targetOf(ref),
      outcome: 'done',
    });
  }

  /** @throws {IntegrationNotFoundError} */
  delete(origin: Origin, ref: IntegrationRef): Promise<void> {
    return this.database.run(ref.tenantId, (tx) => this.deleteIn(tx, origin, ref));
  }

  async deleteIn(tx: TenantTransaction, origin: Origin, ref: IntegrationRef): Promise<void> {
    const integration = await this.repository.lock(tx, ref);
    if (!integration) throw new IntegrationNotFoundError(ref.provider, ref.name);
    await this.repository.delete(tx, integration.id);
    await this.audit.record(tx, { ...origin, action: 'integration.deleted', target: targetOf(ref), outcome: 'done' });
  }

  /**
   * What {@link activate} does after the provider said yes.
   *
   * @throws {IntegrationVersionConflictError}
   */
  async promote(
    tx: TenantTransaction,
    origin: Origin,
    rules: CredentialRules,
    ref: IntegrationRef,
    candidate: Candidate,
    { overlapHours, back = false }: Promotion,
  ): Promise<void> {
    const integration = await this.repository.lock(tx, ref);
    const versions = integration ? await this.repository.versions(tx, integration.id) : [];
    const chosen = versions.find(({ id }) => id === candidate.versionId);
    // Given up by a newer version, deleted, or its overlap ended, while the provider was being asked.
    if (!integration || !chosen || chosen.state === 'revoked' || (chosen.state === 'retiring') !== back)
      throw new IntegrationVersionConflictError(ref.provider, ref.name);
    const before = versions.find(({ state }) => state === 'active');
    const place = { ...ref, column: 'tenant_integrations.credentials', rowId: integration.id } as const;
    const credentials = await this.cipher.seal({ ...place, version: candidate.version }, candidate.secrets);
    await this.repository.promote(tx, integration.id, candidate.versionId, overlapHours);
    await this.repository.use(
      tx,
      integration.id,
      { version: candidate.version, credentials, config: candidate.config },
      {
        ...(back ? { dueAt: chosen.rotateDueAt } : clockOf(rules, before, chosen)),
        expiresOn: expiryOf(rules, candidate.config),
      },
    );
    const detail = { version: candidate.version, replaces: before?.version ?? null, overlapHours };
    await this.audit.record(tx, {
      ...origin,
      action: back ? 'integration.rolled_back' : 'integration.activated',
      target: targetOf(ref),
      outcome: 'done',
      detail,
    });
  }
}

/** @throws {CredentialsRejectedError} {@link ProbeUnclearError} */
function requireGood(ref: IntegrationRef, { version }: Candidate, verdict: ProbeVerdict): void {
  if (verdict.kind === 'refused') throw new CredentialsRejectedError(ref.provider, ref.name, version, verdict.code);
  if (verdict.kind === 'unclear') throw new ProbeUnclearError(ref.provider, ref.name, version, verdict.outcome);
}

function clockOf(
  { rotateEveryDays }: CredentialRules,
  before: IntegrationVersion | undefined,
  after: IntegrationVersion,
): { readonly dueInDays?: number } {
  return !before || isRotated(before.fingerprints, after.fingerprints) ? { dueInDays: rotateEveryDays } : {};
}

function expiryOf({ expiresOn }: CredentialRules, config: Fields): string | undefined {
  const day = expiresOn === undefined ? undefined : config[expiresOn];
  return typeof day === 'string' ? day : undefined;
}

/** Whether a secret was exchanged. A field added beside the old ones leaves the 90-day clock as it was. */
function isRotated(before: FieldFingerprints, after: FieldFingerprints): boolean {
  const kept = Object.keys(before).filter((field) => Object.hasOwn(after, field));
  return kept.length === 0 || kept.some((field) => before[field] !== after[field]);
}
