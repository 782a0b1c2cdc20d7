import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { FieldFingerprints } from '../envelopes/fingerprints';

/**
 * `staged` (saved) → `verified` (the provider accepted it) → `active` → `retiring` (until `retireAt` still accepted for
 * incoming signatures, and a way back) → `revoked` (its secrets are erased).
 */
export type VersionState = 'staged' | 'verified' | 'active' | 'retiring' | 'revoked';

/** What the last probe said. `code` is the provider's. */
export interface ProbeRecord {
  readonly at: string;
  readonly outcome: string;
  readonly code: string | null;
}

/** One set of credentials on its way from staged to revoked; its envelope is erased at the end. */
@Entity('integration_versions')
export class IntegrationVersion {
  @PrimaryColumn('uuid') readonly id!: string;
  @Column('uuid', { name: 'tenant_id' }) readonly tenantId!: string;
  @Column('uuid', { name: 'integration_id' }) readonly integrationId!: string;
  @Column('int') readonly version!: number;
  @Column('text') readonly state!: VersionState;
  @Column('jsonb', { select: false }) readonly envelope!: Readonly<Record<string, unknown>>;
  @Column('jsonb') readonly config!: Readonly<Record<string, unknown>>;
  @Column('jsonb') readonly fingerprints!: FieldFingerprints;
  @Column('jsonb', { nullable: true }) readonly probe!: ProbeRecord | null;
  @Column('timestamptz', { name: 'created_at' }) readonly createdAt!: Date;
  @Column('timestamptz', { name: 'verified_at', nullable: true }) readonly verifiedAt!: Date | null;
  @Column('timestamptz', { name: 'activated_at', nullable: true }) readonly activatedAt!: Date | null;
  @Column('timestamptz', { name: 'retire_at', nullable: true }) readonly retireAt!: Date | null;
  /** Of a version that was active: when it had to be rotated. */
  @Column('timestamptz', { name: 'rotate_due_at', nullable: true }) readonly rotateDueAt!: Date | null;
  @Column('timestamptz', { name: 'revoked_at', nullable: true }) readonly revokedAt!: Date | null;
}
