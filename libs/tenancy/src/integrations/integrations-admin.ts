import { Injectable } from '@nestjs/common';
import { Secret } from '@puente/kernel';
import type { Origin } from '../audit/audit-log';
import { InvalidFieldsError } from '../invalid-fields.errors';
import { CredentialCatalogue, type CredentialRules } from '../ports/credential-catalogue.port';
import { CandidateProbe, type ProbeVerdict, requireComplete } from './candidate-probe';
import { checkCredentials } from './check-credentials';
import { CredentialActivation, type Promotion } from './credential-activation';
import { type Candidate, type Change, CredentialStaging, type StagingOptions } from './credential-staging';
import { changeableRulesFor, type IntegrationRef, rulesFor } from './integration-ref';
import { IntegrationManagedError } from './integration.errors';
import { PausedCalls } from './paused-calls';

export interface PutInput extends Change {
  readonly secrets: NonNullable<Change['secrets']>;
  /** The newest version the caller has seen; 409 when there is another one by now. */
  readonly version?: number | undefined;
  /** Default true: probe, then use. False: only save. */
  readonly activate?: boolean | undefined;
}

export interface PatchInput extends Change {
  readonly version?: number | undefined;
  readonly activate?: boolean | undefined;
}

export interface RotateInput extends Change {
  readonly secrets: NonNullable<Change['secrets']>;
  readonly version?: number | undefined;
  /** How long the provider still accepts the old secrets; 0 ends them now. Default 24. */
  readonly overlapHours?: number | undefined;
}

export interface VerifyResult {
  /** Which version was asked about: the candidate, or the active one when there is none. */
  readonly version: number;
  readonly verdict: ProbeVerdict['kind'];
  readonly outcome: string;
  readonly code: string | null;
}

const DEFAULT_OVERLAP_HOURS = 24;
const MAX_OVERLAP_HOURS = 168;

/**
 * What an administrator does with a tenant's credentials. Saving and using are two steps: a version is probed with the
 * provider before it becomes active, and as long as that fails the version before it stays in use.
 *
 * Every method answers {@link ProviderNotFoundError} for an unknown provider and {@link CredentialsGlobalError} where a
 * tenant has none of its own. Those that belong to something of a flow are only verified here; every change of one answers
 * {@link IntegrationManagedError}. Read with IntegrationViews.
 */
@Injectable()
export class IntegrationsAdmin {
  constructor(
    private readonly catalogue: CredentialCatalogue,
    private readonly staging: CredentialStaging,
    private readonly activation: CredentialActivation,
    private readonly probe: CandidateProbe,
    private readonly paused: PausedCalls,
  ) {}

  /**
   * Saves all credentials of an integration, new or not, and uses them if the provider accepts them. Lifts a quarantine.
   *
   * @throws {InvalidFieldsError} {@link SecretsRequiredError} {@link IntegrationVersionConflictError}
   *   {@link CredentialsRejectedError} {@link ProbeUnclearError}
   */
  async put(origin: Origin, ref: IntegrationRef, input: PutInput): Promise<void> {
    const rules = changeableRulesFor(this.catalogue, ref);
    const fields = { secrets: input.secrets, config: input.config ?? {} };
    const options = await this.options(rules, ref, 'integration.saved', input);
    const candidate = await this.staging.replace(origin, ref, fields, options);
    if (input.activate !== false) await this.begin(origin, rules, ref, candidate);
  }

  /** Changes single fields; null removes one. @throws as {@link put}, and {@link CredentialsQuarantinedError} */
  async patch(origin: Origin, ref: IntegrationRef, input: PatchInput): Promise<void> {
    const rules = changeableRulesFor(this.catalogue, ref);
    const options = await this.options(rules, ref, 'integration.changed', input);
    const candidate = await this.staging.change(origin, ref, input, options);
    if (input.activate !== false) await this.begin(origin, rules, ref, candidate);
  }

  /**
   * Exchanges secrets: the new ones are probed and used, the old ones retire and are erased after the overlap.
   *
   * @throws as {@link patch}, and {@link SecretsUnchangedError}
   */
  async rotate(origin: Origin, ref: IntegrationRef, input: RotateInput): Promise<void> {
    const { overlapHours = DEFAULT_OVERLAP_HOURS } = input;
    if (!(overlapHours >= 0 && overlapHours <= MAX_OVERLAP_HOURS))
      throw new InvalidFieldsError([{ path: 'overlapHours', message: 'expected 0 to 168' }]);
    const rules = changeableRulesFor(this.catalogue, ref);
    const options = await this.options(rules, ref, 'integration.rotated', input);
    const candidate = await this.staging.change(origin, ref, input, options);
    await this.begin(origin, rules, ref, candidate, { overlapHours });
  }

  /** Ends the overlap of a rotation now: the old secrets are erased. Repeating it changes nothing. */
  async finishRotation(origin: Origin, ref: IntegrationRef): Promise<void> {
    changeableRulesFor(this.catalogue, ref);
    await this.activation.endOverlap(origin, ref);
  }

  /**
   * Goes back to the secrets before the rotation, with their clock, while their overlap lasts: for new ones that turn out
   * wrong. The provider is asked first; the new ones are erased.
   *
   * @throws {RotationOverError} {@link CredentialsRejectedError} the provider knows the old ones no more
   * @throws {ProbeUnclearError} {@link IntegrationVersionConflictError}
   */
  async rollBackRotation(origin: Origin, ref: IntegrationRef): Promise<void> {
    const rules = changeableRulesFor(this.catalogue, ref);
    const candidate = await this.staging.predecessor(ref);
    await this.begin(origin, rules, ref, candidate, { overlapHours: 0, back: true });
  }

  /** "Test connection": asks the provider about the newest version that could be used. Changes nothing that is in use. */
  async verify(origin: Origin, ref: IntegrationRef): Promise<VerifyResult> {
    const rules = rulesFor(this.catalogue, ref);
    const candidate = await this.staging.candidate(ref);
    const { kind, outcome, code } = await this.activation.verify(origin, rules, ref, candidate);
    if (kind === 'good') await this.paused.resume(ref);
    return { version: candidate.version, verdict: kind, outcome, code };
  }

  /** Uses the newest version, or takes the active one into use again. Probes first. @throws as {@link put} */
  async activate(origin: Origin, ref: IntegrationRef): Promise<void> {
    const rules = changeableRulesFor(this.catalogue, ref);
    const candidate = await this.staging.candidate(ref);
    await this.begin(origin, rules, ref, candidate);
  }

  /** Calls are refused with CREDENTIALS_INACTIVE from now on. Repeating it changes nothing. */
  async deactivate(origin: Origin, ref: IntegrationRef): Promise<void> {
    changeableRulesFor(this.catalogue, ref);
    await this.activation.deactivate(origin, ref);
  }

  /** Removes the integration and erases all its secrets. What was done with it stays in the audit trail. */
  async delete(origin: Origin, ref: IntegrationRef): Promise<void> {
    const { managedBy } = this.catalogue.rulesOf(ref.provider) ?? {};
    if (managedBy !== undefined) throw new IntegrationManagedError(ref.provider, managedBy);
    await this.activation.delete(origin, ref);
  }

  private async begin(
    origin: Origin,
    rules: CredentialRules,
    ref: IntegrationRef,
    candidate: Candidate,
    promotion: Promotion = { overlapHours: 0 },
  ): Promise<void> {
    await this.activation.activate(origin, rules, ref, candidate, promotion);
    await this.paused.resume(ref);
  }

  private async options(
    rules: CredentialRules,
    ref: IntegrationRef,
    action: StagingOptions['action'],
    { config = {}, version }: Pick<PatchInput, 'config' | 'version'>,
  ): Promise<StagingOptions> {
    const [lent, refused] = await Promise.all([this.probe.lent(rules), rules.refusedAddresses(config)]);
    const problems = refused.map(({ field, message }) => ({ path: `config.${field}`, message }));
    return {
      ...{ rules, action, expectedVersion: version },
      check: (fields) => {
        checkCredentials(rules, ref.tenantId, fields, problems);
        requireComplete(rules, ref.tenantId, { secrets: new Secret(fields.secrets), config: fields.config }, lent);
      },
    };
  }
}
