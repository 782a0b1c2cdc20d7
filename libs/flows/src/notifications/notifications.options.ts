export const NOTIFICATIONS_OPTIONS = Symbol('NOTIFICATIONS_OPTIONS');

export interface NotificationsOptions {
  /** Queues in the platform's own account: only the platform binds them to a tenant. */
  readonly platformQueueUrls: readonly string[];
}
