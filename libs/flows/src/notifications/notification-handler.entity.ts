import type { OnUnknown } from '@puente/kernel';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** What is done with one kind of event (S1.3): where it is published or which function gets it, by which account, and what a lost answer means. */
@Entity('notification_handlers')
export class NotificationHandlerEntity {
  @PrimaryColumn('uuid') readonly id!: string;
  @Column('uuid', { name: 'tenant_id' }) readonly tenantId!: string;
  @Column('text') readonly kind!: string;
  @Column('text', { name: 'topic_arn', nullable: true }) topicArn!: string | null;
  @Column('text', { nullable: true }) function!: string | null;
  @Column('text') integration!: string;
  @Column('text', { name: 'on_unknown' }) onUnknown!: OnUnknown;
  @Column('boolean') enabled!: boolean;
  @Column({ type: 'timestamptz', name: 'created_at', insert: false, update: false }) readonly createdAt!: Date;
  @Column('timestamptz', { name: 'updated_at' }) updatedAt!: Date;
}
