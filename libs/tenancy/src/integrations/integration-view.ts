import type { FieldFingerprints } from '../envelopes/fingerprints';
import type { CredentialRules } from '../ports/credential-catalogue.port';
import type { Fields, Provenance } from '../vault/resolve-credentials';
import type { IntegrationRecord } from './integration.entity';
import type { IntegrationVersion, ProbeRecord, VersionState } from './integration-version.entity';

/** How many days before a secret's ninety are over it counts as due. */
export const WARN_DAYS = 14;
const DAY_MS = 86_400_000;

/** A secret as anyone may see it: whether it is there, and whether it is the same one as before. */
export interface SecretView {
  readonly set: boolean;
  /** Eight hexadecimal digits of a keyed hash; null for what the platform lends. */
  readonly fingerprint: string | null;
  readonly source: 'tenant' | 'global' | null;
}

export interface IntegrationView {
  readonly id: string;
  readonly provider: string;
  readonly name: string;
  /** Null when the provider is no longer in the catalogue. */
  readonly model: CredentialRules['model'] | null;
  readonly isActive: boolean;
  /** The newest version; what a change names to refuse being overtaken. */
  readonly version: number;
  readonly activeVersion: number | null;
  /** Of the active version; before there is one, of the newest. */
  readonly config: Fields;
  readonly configSources: Provenance;
  readonly secrets: Readonly<Record<string, SecretView>>;
  /** Every version whose secrets still exist, newest first. */
  readonly versions: readonly VersionView[];
  readonly rotation: RotationView;
  readonly quarantine: { readonly at: Date; readonly reason: string } | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface VersionView {
  readonly version: number;
  readonly state: VersionState;
  readonly probe: ProbeRecord | null;
  /** Field → fingerprint of its secret: tells which of the provider's keys this version holds. */
  readonly fingerprints: FieldFingerprints;
  readonly createdAt: Date;
  readonly verifiedAt: Date | null;
  readonly activatedAt: Date | null;
  /** Of a retiring one: when its secrets are erased. */
  readonly retireAt: Date | null;
}

export interface RotationView {
  /** The end of the ninety days, or of the key itself where that is sooner. */
  readonly dueAt: Date | null;
  readonly state: 'ok' | 'due' | 'overdue' | null;
}

/** What the platform has of a hybrid provider's fields. */
export interface LentFields {
  readonly secrets: readonly string[];
  readonly config: Fields;
}

export interface ViewSource {
  readonly integration: IntegrationRecord;
  /** Those whose secrets still exist, newest first. */
  readonly versions: readonly IntegrationVersion[];
  /** Of all versions, also those that are erased: a rotation that was taken back leaves such a one behind. */
  readonly newestVersion: number;
  readonly rules: CredentialRules | undefined;
  readonly lent: LentFields | undefined;
  readonly now: Date;
}

export function viewOf(source: ViewSource): IntegrationView {
  const { integration, versions, newestVersion, rules, now } = source;
  const { id, provider, name, isActive, activeVersion, createdAt, updatedAt } = integration;
  const shown = versions.find(({ state }) => state === 'active') ?? versions[0];
  return {
    ...{ id, provider, name, model: rules?.model ?? null, isActive, version: newestVersion, activeVersion },
    config: shown?.config ?? {},
    configSources: sourcesOf(source, shown),
    secrets: secretsOf(source, shown),
    versions: versions.map(versionView),
    rotation: rotationOf(earlierOf(integration), now),
    quarantine: integration.quarantinedAt && { at: integration.quarantinedAt, reason: integration.quarantine ?? '' },
    ...{ createdAt, updatedAt },
  };
}

/** Ninety days are ours to wait; a key that its provider ends sooner is due for that day. */
function earlierOf({ rotateDueAt, expiresAt }: IntegrationRecord): Date | null {
  if (!rotateDueAt || !expiresAt) return rotateDueAt ?? expiresAt;
  return expiresAt < rotateDueAt ? expiresAt : rotateDueAt;
}

export function rotationOf(dueAt: Date | null, now: Date): RotationView {
  if (!dueAt) return { dueAt, state: null };
  const leftMs = dueAt.getTime() - now.getTime();
  if (leftMs <= 0) return { dueAt, state: 'overdue' };
  return { dueAt, state: leftMs <= WARN_DAYS * DAY_MS ? 'due' : 'ok' };
}

function secretsOf({ rules, lent }: ViewSource, shown: IntegrationVersion | undefined): IntegrationView['secrets'] {
  const fields = rules ? Object.keys(rules.secrets.shape) : Object.keys(shown?.fingerprints ?? {});
  return Object.fromEntries(
    fields.map((field): [string, SecretView] => {
      const fingerprint = shown?.fingerprints[field];
      if (fingerprint !== undefined) return [field, { set: true, fingerprint, source: 'tenant' }];
      const isLent = rules?.globalFields.includes(field) === true && lent?.secrets.includes(field) === true;
      return [field, { set: isLent, fingerprint: null, source: isLent ? 'global' : null }];
    }),
  );
}

function sourcesOf({ rules, lent }: ViewSource, shown: IntegrationVersion | undefined): Provenance {
  const own = Object.keys(shown?.config ?? {});
  const borrowed = Object.keys(lent?.config ?? {}).filter(
    (field) => !own.includes(field) && rules?.globalFields.includes(field) === true,
  );
  return Object.fromEntries([
    ...own.map((field) => [field, 'tenant'] as const),
    ...borrowed.map((field) => [field, 'global'] as const),
  ]);
}

function versionView(row: IntegrationVersion): VersionView {
  const { version, state, probe, fingerprints, createdAt, verifiedAt, activatedAt, retireAt } = row;
  return { version, state, probe, fingerprints, createdAt, verifiedAt, activatedAt, retireAt };
}
