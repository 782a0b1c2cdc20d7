import type { DynamicModule, Type } from '@nestjs/common';
import type { HandlerFunctions } from './handler-functions.port';

export const NOTIFICATIONS_OPTIONS = Symbol('NOTIFICATIONS_OPTIONS');

export interface NotificationsOptions {
  /** Queues in the platform's own account: only the platform binds them to a tenant. */
  readonly platformQueueUrls: readonly string[];
}

export interface NotificationsSetup extends NotificationsOptions {
  /** What handlers find behind the functions they name: a class that fits, and the module that exports it. */
  readonly functions: { readonly module: Type | DynamicModule; readonly port: Type<HandlerFunctions> };
}
