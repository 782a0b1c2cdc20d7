export { DEAD_LETTER_CAUSES, DEAD_LETTER_STATES } from './dead-letters/dead-letter-rows';
export { DeadLetterQueues, type DeadLetterQueueState } from './dead-letters/dead-letter-queues';
export { DeadLetterSweep } from './dead-letters/dead-letter-sweep';
export { type DeadLetterPage, DeadLetters, type DeadLetterView } from './dead-letters/dead-letters';
export * from './dead-letters/dead-letters.errors';
export { REDRIVE_STATES } from './dead-letters/redrive-rows';
export { RedriveRunner } from './dead-letters/redrive-runner';
export { FASTEST, LetterFilter, RedriveBody, SLOWEST } from './dead-letters/redrive.schemas';
export { type RedrivePage, Redrives, type RedriveView } from './dead-letters/redrives';
export { type HandlerFunction, HandlerFunctions } from './handler-functions.port';
export { type Handler } from './handler-routing';
export { type NotificationFilter } from './journey-rows';
export { type HandlerView, NotificationHandlers } from './notification-handlers';
export { NotificationIntake } from './notification-intake';
export {
  type JourneyStep,
  NotificationJourney,
  type NotificationPage,
  type NotificationSummary,
  type NotificationView,
} from './notification-journey';
export { NotificationLog } from './notification-log';
export { NotificationQueueBindings } from './notification-queue-bindings';
export { type BindOptions, NotificationQueues, type NotificationQueueView } from './notification-queues';
export { NotificationResender } from './notification-resender';
export { NotificationResending } from './notification-resending';
export { NotificationRetention } from './notification-retention';
export { NOTIFICATION_STATUSES, type NotificationStatus } from './notification-status';
export { NOTIFY_ROUTE, NotificationsFlow, type Notified, type NotifyOptions } from './notifications-flow';
export * from './notifications.errors';
export { NotificationsModule } from './notifications.module';
export { type NotificationsOptions, type NotificationsSetup } from './notifications.options';
export { HandlerBody, HandlerKind, NotifyBody, QueueBindingBody } from './notifications.schemas';
export { UnseenNotifications } from './unseen-notifications';
export { MAX_RECEIVES, type QueueField, type QueueFinding } from './queue-findings';
export { QUEUE_NAME, type QueueOrder, QueueSetup, type QueuesMade } from './queue-setup';
