import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Something that an operator of the tenant should hear of. */
@Entity('operator_events')
export class OperatorEventRecord {
  @PrimaryColumn('uuid') readonly id!: string;
  @Column('uuid', { name: 'tenant_id' }) readonly tenantId!: string;
  @Column('text') readonly type!: string;
  @Column('text') readonly subject!: string;
  @Column('jsonb') readonly data!: Readonly<Record<string, unknown>>;
  @Column('text', { name: 'dedupe_key' }) readonly dedupeKey!: string;
  @Column('timestamptz') readonly at!: Date;
}
