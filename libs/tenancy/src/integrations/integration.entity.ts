import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A `timestamp` without a zone holds UTC here; pg hands it over as if it were local time. */
const utc = {
  to: (date: Date): Date => date,
  from: (local: Date): Date => new Date(local.getTime() - local.getTimezoneOffset() * 60_000),
};

/** An account of a tenant with a provider. The secret part lies in its versions; a copy of the active one lies here. */
@Entity('tenant_integrations')
export class IntegrationRecord {
  @PrimaryColumn('uuid') readonly id!: string;
  @Column('uuid', { name: 'tenant_id' }) readonly tenantId!: string;
  @Column('varchar', { length: 50 }) readonly provider!: string;
  @Column('text', { default: 'default' }) readonly name!: string;
  /** Envelope of the active version, sealed for this column; `{}` until there is one. */
  @Column('jsonb', { select: false }) readonly credentials!: Readonly<Record<string, unknown>>;
  @Column('jsonb') readonly config!: Readonly<Record<string, unknown>>;
  @Column('boolean', { name: 'is_active' }) readonly isActive!: boolean;
  @Column('int', { name: 'active_version', nullable: true }) readonly activeVersion!: number | null;
  @Column('timestamptz', { name: 'rotate_due_at', nullable: true }) readonly rotateDueAt!: Date | null;
  /** The provider's own end of what is in use, where somebody told it; {@link rotateDueAt} is ours. */
  @Column('timestamptz', { name: 'expires_at', nullable: true }) readonly expiresAt!: Date | null;
  @Column('timestamptz', { name: 'quarantined_at', nullable: true }) readonly quarantinedAt!: Date | null;
  @Column('text', { nullable: true }) readonly quarantine!: string | null;
  @Column('timestamp', { name: 'created_at', transformer: utc }) readonly createdAt!: Date;
  @Column('timestamptz', { name: 'updated_at' }) readonly updatedAt!: Date;
}
