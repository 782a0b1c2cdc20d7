import type { TenantTransaction } from '@puente/database';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Whose queue it is: all a foreign producer knows is the address, so the address is what tells us the tenant. */
@Entity('notification_queues')
export class NotificationQueueEntity {
  @PrimaryColumn('uuid') readonly id!: string;
  @Column('uuid', { name: 'tenant_id' }) readonly tenantId!: string;
  @Column('text', { name: 'queue_url' }) queueUrl!: string;
  /** One queue has several addresses, and one ARN. */
  @Column('text', { name: 'queue_arn' }) queueArn!: string;
  @Column('text', { name: 'dead_letter_queue_url' }) deadLetterQueueUrl!: string;
  @Column('text') integration!: string;
  @Column({ type: 'timestamptz', name: 'created_at', insert: false, update: false }) readonly createdAt!: Date;
}

/** The queue of the transaction's tenant, if one is bound. */
export function boundQueue(tx: TenantTransaction): Promise<NotificationQueueEntity | null> {
  return tx.manager.getRepository(NotificationQueueEntity).findOneBy({ tenantId: tx.tenantId });
}
