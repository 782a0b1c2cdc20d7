import type { OnUnknown } from '@puente/kernel';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { FunctionId } from './known-functions';

/** A tenant's own name for one of the functions of S0.2; without a row the installation's variable is used. */
@Entity('tenant_functions')
export class TenantFunctionEntity {
  @PrimaryColumn('uuid') readonly id!: string;
  @Column('uuid', { name: 'tenant_id' }) readonly tenantId!: string;
  @Column('text') readonly function!: FunctionId;
  @Column('text') name!: string;
  @Column('boolean', { name: 'name_includes_env' }) nameIncludesEnv!: boolean;
  @Column('text') integration!: string;
  @Column('text', { name: 'on_unknown' }) onUnknown!: OnUnknown;
  @Column({ type: 'timestamptz', name: 'created_at', insert: false, update: false }) readonly createdAt!: Date;
  @Column('timestamptz', { name: 'updated_at' }) updatedAt!: Date;
}
