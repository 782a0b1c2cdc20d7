import { Column, Entity, PrimaryColumn } from 'typeorm';

export const TENANT_STATUSES = ['active', 'suspended', 'deleted'] as const;
export type TenantStatus = (typeof TENANT_STATUSES)[number];

/** A company that uses this installation, with its wrapped payload key. */
@Entity('tenants')
export class TenantRecord {
  @PrimaryColumn('uuid') readonly id!: string;
  @Column('text') readonly name!: string;
  @Column('text', { default: 'active' }) readonly status!: TenantStatus;
  /** Wrapped; null once the tenant is deleted, and with it everything that was encrypted under it is unreadable. */
  @Column('jsonb', { name: 'data_key', nullable: true, select: false }) readonly dataKey!: Readonly<
    Record<string, unknown>
  > | null;
  /** What the tenant's AWS roles demand as ExternalId. Random, because who can guess it can be a confused deputy. */
  @Column('text', { name: 'external_id' }) readonly externalId!: string;
  @Column('timestamptz', { name: 'suspended_at', nullable: true }) readonly suspendedAt!: Date | null;
  @Column('timestamptz', { name: 'deleted_at', nullable: true }) readonly deletedAt!: Date | null;
  /** When the last text of a deleted tenant was gone. */
  @Column('timestamptz', { name: 'erased_at', nullable: true }) readonly erasedAt!: Date | null;
  @Column('timestamptz', { name: 'created_at', default: () => 'now()' }) readonly createdAt!: Date;
  @Column('timestamptz', { name: 'updated_at', default: () => 'now()' }) readonly updatedAt!: Date;
}
