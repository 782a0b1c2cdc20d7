import { Injectable } from '@nestjs/common';
import { DispatchDatabase } from '@puente/database';
import { type MqttSubscription, MqttSubscriptions } from '@puente/providers/mqtt';

/** What the shops of all active tenants listen to: those that said how their shop works, or took the defaults by saying so. */
@Injectable()
export class BrokerSubscriptions extends MqttSubscriptions {
  constructor(private readonly database: DispatchDatabase) {
    super();
  }

  override all(): Promise<MqttSubscription[]> {
    return this.database.query<MqttSubscription>(
      `SELECT s.tenant_id AS "tenantId", s.mqtt AS integration, ARRAY[s.request_topic, s.validation_topic] AS topics
       FROM purchase_settings s JOIN tenants t ON t.id = s.tenant_id WHERE t.status = 'active'`,
    );
  }
}
