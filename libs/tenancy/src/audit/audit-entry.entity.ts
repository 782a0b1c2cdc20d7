import { Column, Entity, PrimaryColumn } from 'typeorm';

export const AUDIT_OUTCOMES = ['done', 'denied', 'failed'] as const;
export type AuditOutcome = (typeof AUDIT_OUTCOMES)[number];

/** One line of a tenant's audit trail. Append-only: a trigger refuses changes, the chain of hashes shows the others. */
@Entity('audit_entries')
export class AuditEntry {
  @PrimaryColumn('uuid', { name: 'tenant_id' }) readonly tenantId!: string;
  @PrimaryColumn('bigint') readonly seq!: string;
  @Column('timestamptz') readonly at!: Date;
  @Column('text') readonly actor!: string;
  @Column('text') readonly action!: string;
  @Column('text') readonly target!: string;
  @Column('text') readonly outcome!: AuditOutcome;
  @Column('text', { nullable: true }) readonly ip!: string | null;
  @Column('text', { name: 'request_id', nullable: true }) readonly requestId!: string | null;
  @Column('jsonb') readonly detail!: Readonly<Record<string, unknown>>;
  @Column('bytea', { name: 'prev_hash' }) readonly prevHash!: Buffer;
  @Column('bytea') readonly hash!: Buffer;
}
