/** What one account of a tenant listens to. */
export interface MqttSubscription {
  readonly tenantId: string;
  /** The tenant's mqtt account whose broker it is. */
  readonly integration: string;
  /** Topic filters; `+` and `#` are allowed. */
  readonly topics: readonly string[];
}

/**
 * All that is to be listened to, of active tenants only. Subscriptions come and go at run time, so this is asked again
 * and again: it should answer from one cheap query.
 */
export abstract class MqttSubscriptions {
  abstract all(): Promise<readonly MqttSubscription[]>;
}
