import { isDeepStrictEqual } from 'node:util';
import { Secret } from '@puente/kernel';
import type { CredentialRules } from '../ports/credential-catalogue.port';

export type Fields = Readonly<Record<string, unknown>>;

/** What one side has stored: a tenant, or the platform. */
export interface CredentialPart {
  readonly secrets: Secret<Fields>;
  readonly config: Fields;
}

export type Provenance = Readonly<Record<string, 'tenant' | 'global'>>;

export type Resolution =
  | {
      readonly kind: 'usable';
      readonly secrets: Secret<Fields>;
      readonly config: Fields;
      readonly provenance: Provenance;
    }
  /** `fields` as `secrets.apiKey`. `rebound`: ours could have filled them, but not for an address that the tenant chose. */
  | { readonly kind: 'incomplete'; readonly fields: readonly string[]; readonly rebound: boolean };

/**
 * The one place that decides whose credentials a call uses (SYSTEMS S4.7), field by field. A `tenant` provider takes
 * nothing from us, whatever is missing; a `global` one takes nothing from the tenant.
 *
 * Hybrid has one more rule: our secrets go only where our own configuration points. A tenant that sets a `rebindOn` field
 * (host, environment) to a value of its own brings its own secrets; else it could have ours sent to itself.
 */
export function resolveCredentials(
  rules: CredentialRules,
  tenant?: CredentialPart,
  global?: CredentialPart,
): Resolution {
  const ours = rules.model === 'tenant' ? undefined : global;
  const theirs = rules.model === 'global' ? undefined : tenant;
  const rebound =
    rules.model === 'hybrid' && rules.rebindOn.some((field) => differs(field, theirs?.config, ours?.config));
  const mayLend = (field: string): boolean => rules.model === 'global' || rules.globalFields.includes(field);
  const secrets = merged(
    rules.secrets.shape,
    theirs?.secrets.reveal(),
    rebound ? undefined : ours?.secrets.reveal(),
    mayLend,
  );
  const config = merged(rules.config.shape, theirs?.config, ours?.config, mayLend);
  return parsed(rules, secrets, config, rebound);
}

interface FoundField {
  readonly field: string;
  readonly value: unknown;
  readonly from: 'tenant' | 'global';
}

interface Merged {
  readonly values: Fields;
  readonly provenance: Provenance;
}

/** Over the fields of the schema, not of what is stored: nothing undeclared gets through. */
function merged(
  shape: object,
  tenant: Fields | undefined,
  global: Fields | undefined,
  mayLend: (field: string) => boolean,
): Merged {
  const found = Object.keys(shape).flatMap((field): FoundField[] => {
    if (has(tenant, field)) return [{ field, value: tenant?.[field], from: 'tenant' }];
    if (has(global, field) && mayLend(field)) return [{ field, value: global?.[field], from: 'global' }];
    return [];
  });
  return {
    values: Object.fromEntries(found.map(({ field, value }) => [field, value])),
    provenance: Object.fromEntries(found.map(({ field, from }) => [field, from])),
  };
}

function parsed(rules: CredentialRules, secrets: Merged, config: Merged, rebound: boolean): Resolution {
  const secretFields = rules.secrets.safeParse(secrets.values, { reportInput: false });
  const configFields = rules.config.safeParse(config.values, { reportInput: false });
  if (secretFields.success && configFields.success) {
    return {
      kind: 'usable',
      secrets: new Secret(secretFields.data),
      config: configFields.data,
      provenance: { ...config.provenance, ...secrets.provenance },
    };
  }
  const fields = [
    ...(secretFields.error?.issues ?? []).map(({ path }) => ['secrets', ...path].map(String).join('.')),
    ...(configFields.error?.issues ?? []).map(({ path }) => ['config', ...path].map(String).join('.')),
  ];
  return { kind: 'incomplete', fields: [...new Set(fields)], rebound };
}

function differs(field: string, tenant: Fields | undefined, global: Fields | undefined): boolean {
  return has(tenant, field) && !isDeepStrictEqual(tenant?.[field], global?.[field]);
}

function has(fields: Fields | undefined, field: string): boolean {
  return fields !== undefined && Object.hasOwn(fields, field) && fields[field] !== undefined;
}
