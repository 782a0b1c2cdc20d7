import { SYSTEM_TENANT_ID } from '@puente/kernel';
import { z } from 'zod';
import { canonicalJson } from '../envelopes/canonical-json';
import { type FieldProblem, InvalidFieldsError } from '../invalid-fields.errors';
import { isPrintable } from '../plain-text';
import type { CredentialRules } from '../ports/credential-catalogue.port';
import type { Fields } from '../vault/resolve-credentials';

const MAX_BYTES = 65_536;

export interface CredentialFields {
  readonly secrets: Fields;
  readonly config: Fields;
}

/**
 * Checks what a tenant, or the platform, wants to store. All problems at once, by path, never with a value. What is
 * stored is what was sent: defaults are the schema's and filled in when the credentials are used.
 *
 * @param found problems that are known already
 * @throws {InvalidFieldsError}
 */
export function checkCredentials(
  rules: CredentialRules,
  tenantId: string,
  sent: CredentialFields,
  found: readonly FieldProblem[] = [],
): void {
  const problems = [
    ...sectionProblems('secrets', storable(rules, tenantId, rules.secrets), sent.secrets),
    ...sectionProblems('config', storable(rules, tenantId, rules.config), sent.config),
    ...found,
  ];
  if (problems.length > 0) throw new InvalidFieldsError(problems);
}

/** Hybrid: what the platform may lend is optional for a tenant, and all that the platform can store. */
function storable({ model, globalFields }: CredentialRules, tenantId: string, schema: z.ZodObject): z.ZodObject {
  if (model !== 'hybrid') return schema.strict();
  const fields = Object.entries(schema.shape as Readonly<Record<string, z.ZodType>>)
    .filter(([field]) => tenantId !== SYSTEM_TENANT_ID || globalFields.includes(field))
    .map(([field, type]) => [field, globalFields.includes(field) ? z.optional(type) : type] as const);
  return z.strictObject(Object.fromEntries(fields));
}

function sectionProblems(section: string, schema: z.ZodObject, value: Fields): FieldProblem[] {
  if (Object.keys(value).includes('__proto__'))
    return [{ path: `${section}.__proto__`, message: 'is not a known field' }];
  const unprintable = unprintablePaths(value, section);
  if (unprintable.length > 0) {
    const message = 'must not contain line breaks, NUL or other control characters';
    return unprintable.map((path) => ({ path, message }));
  }
  if (Buffer.byteLength(canonicalJson(value), 'utf8') > MAX_BYTES)
    return [{ path: section, message: 'is larger than 64 KiB' }];
  const checked = schema.safeParse(value, { reportInput: false });
  return checked.success ? [] : checked.error.issues.flatMap((issue) => issueProblems(section, issue, value));
}

function issueProblems(section: string, issue: z.core.$ZodIssue, value: Fields): FieldProblem[] {
  const path = [section, ...issue.path].map(String).join('.');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ path: `${path}.${key.slice(0, 64)}`, message: 'is not a known field' }));
  const [field] = issue.path;
  const absent = issue.path.length === 1 && typeof field === 'string' && value[field] === undefined;
  return [{ path, message: absent ? 'is required' : issue.message }];
}

/** A line break in a key becomes a header of its own when it is sent: so it is refused when it is saved. */
function unprintablePaths(value: unknown, path: string): string[] {
  if (typeof value === 'string') return isPrintable(value) ? [] : [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) =>
    isPrintable(name) ? unprintablePaths(item, `${path}.${name}`) : [path],
  );
}
