import { Injectable } from '@nestjs/common';
import { type Outcome, type Secret, SYSTEM_TENANT_ID } from '@puente/kernel';
import { type FieldProblem, InvalidFieldsError } from '../invalid-fields.errors';
import { CredentialProbe, type CredentialRules } from '../ports/credential-catalogue.port';
import { CredentialReader } from '../vault/credential-reader';
import { type CredentialPart, type Fields, resolveCredentials } from '../vault/resolve-credentials';
import { DEFAULT_INTEGRATION } from '../vault/tenant-credential-vault';
import { SecretsRequiredError } from './integration.errors';
import type { IntegrationRef } from './integration-ref';

/** What a probe said. `refused`: the credentials are wrong. `unclear`: nothing is proven either way. */
export interface ProbeVerdict {
  readonly kind: 'good' | 'refused' | 'unclear';
  /** The kind of outcome, or `not_probed` for a part of credentials that only a tenant completes. */
  readonly outcome: string;
  /** The provider's own code. */
  readonly code: string | null;
}

const CODE = /^[\w.:-]{1,64}$/;

/** Tries credentials as a call would see them: a hybrid provider's together with what the platform lends. */
@Injectable()
export class CandidateProbe {
  constructor(
    private readonly probe: CredentialProbe,
    private readonly reader: CredentialReader,
  ) {}

  /** What the platform lends to tenants of this provider; undefined when it is not hybrid or there is nothing usable. */
  async lent(rules: CredentialRules): Promise<CredentialPart | undefined> {
    if (rules.model !== 'hybrid') return undefined;
    return (await this.reader.read(SYSTEM_TENANT_ID, rules.provider, DEFAULT_INTEGRATION)).part;
  }

  async test(rules: CredentialRules, ref: IntegrationRef, part: CredentialPart): Promise<ProbeVerdict> {
    const { externalId } = await this.reader.read(ref.tenantId, ref.provider, ref.name);
    const resolution = resolveFor(rules, ref.tenantId, part, await this.lent(rules));
    if (resolution.kind === 'incomplete') {
      if (isPlatformPart(rules, ref.tenantId)) return { kind: 'good', outcome: 'not_probed', code: null };
      throw new InvalidFieldsError(resolution.fields.map(required));
    }
    const { secrets, config } = resolution;
    const { tenantId, provider, name } = ref;
    const outcome = await this.probe.probe({ tenantId, provider, integration: name, secrets, config, externalId });
    return verdictOf(outcome, secrets);
  }
}

/**
 * Whether the part, with what the platform lends, makes credentials that a call can use.
 *
 * @throws {SecretsRequiredError} when only secrets of ours could complete it, but it points them elsewhere
 */
export function requireComplete(
  rules: CredentialRules,
  tenantId: string,
  part: CredentialPart,
  lent: CredentialPart | undefined,
): void {
  const resolution = resolveFor(rules, tenantId, part, lent);
  if (resolution.kind === 'usable' || isPlatformPart(rules, tenantId)) return;
  const problems = resolution.fields.map(required);
  if (!resolution.rebound) throw new InvalidFieldsError(problems);
  const own = rules.rebindOn.filter((field) => Object.hasOwn(part.config, field));
  throw new SecretsRequiredError(
    own.map((field) => `config.${field}`),
    problems,
  );
}

function resolveFor(
  rules: CredentialRules,
  tenantId: string,
  part: CredentialPart,
  lent: CredentialPart | undefined,
): ReturnType<typeof resolveCredentials> {
  if (tenantId === SYSTEM_TENANT_ID && rules.model !== 'tenant') return resolveCredentials(rules, undefined, part);
  return resolveCredentials(rules, part, lent);
}

/** The platform's share of a hybrid provider need not be whole. */
function isPlatformPart({ model }: CredentialRules, tenantId: string): boolean {
  return model === 'hybrid' && tenantId === SYSTEM_TENANT_ID;
}

function required(path: string): FieldProblem {
  return { path, message: 'is required' };
}

function verdictOf(outcome: Outcome, secrets: Secret<Fields>): ProbeVerdict {
  if (outcome.kind === 'ok') return { kind: 'good', outcome: 'ok', code: null };
  const wrong = outcome.kind === 'unauthorized' || outcome.kind === 'rejected';
  const code = showable(outcome.code, secrets);
  return { kind: wrong ? 'refused' : 'unclear', outcome: outcome.kind, code };
}

/** A provider's code is shown and stored; one that is no code, or that quotes a secret, is not. */
function showable(code: string | undefined, secrets: Secret<Fields>): string | null {
  if (code === undefined || !CODE.test(code)) return null;
  const quotes = Object.values(secrets.reveal()).some(
    (value) => typeof value === 'string' && value.length >= 4 && code.includes(value),
  );
  return quotes ? null : code;
}
