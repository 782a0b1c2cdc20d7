import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Clock, SystemClock } from '@puente/kernel';
import { SnsProviderModule } from '@puente/providers/sns';
import { SqsProviderModule } from '@puente/providers/sqs';
import { DeadLetterQueues } from './dead-letters/dead-letter-queues';
import { DeadLetters } from './dead-letters/dead-letters';
import { FoundLetters } from './dead-letters/found-letters';
import { LetterSending } from './dead-letters/letter-sending';
import { RedriveLog } from './dead-letters/redrive-log';
import { RedriveSettlement } from './dead-letters/redrive-settlement';
import { RedriveSteps } from './dead-letters/redrive-step';
import { Redrives } from './dead-letters/redrives';
import { HandlerFunctions } from './handler-functions.port';
import { MessageTaking } from './message-taking';
import { NotificationContents } from './notification-content';
import { NotificationHandlerEntity } from './notification-handler.entity';
import { NotificationHandlers } from './notification-handlers';
import { NotificationIntake } from './notification-intake';
import { NotificationJourney } from './notification-journey';
import { NotificationLog } from './notification-log';
import { NotificationOperations } from './notification-operations';
import { NotificationQueueBindings } from './notification-queue-bindings';
import { NotificationQueueEntity } from './notification-queue.entity';
import { NotificationQueues } from './notification-queues';
import { NotificationResending } from './notification-resending';
import { NotificationRetention } from './notification-retention';
import { NotificationSettlements } from './notification-settlements';
import { NotificationsFlow } from './notifications-flow';
import { NOTIFICATIONS_OPTIONS, type NotificationsSetup } from './notifications.options';
import { PublishSettlement } from './publish-settlement';
import { QueueCheck } from './queue-check';
import { QueueSetup } from './queue-setup';
import { SendSettlement } from './send-settlement';

/** What apps inject. */
const OPEN = [
  NotificationsFlow,
  NotificationJourney,
  NotificationHandlers,
  NotificationQueues,
  QueueSetup,
  DeadLetters,
  DeadLetterQueues,
  Redrives,
  RedriveSteps,
  RedriveLog,
  FoundLetters,
  NotificationIntake,
  NotificationQueueBindings,
  NotificationResending,
  NotificationRetention,
  NotificationLog,
];

/** What only the flow itself uses. */
const INNER = [
  NotificationContents,
  NotificationOperations,
  NotificationSettlements,
  SendSettlement,
  PublishSettlement,
  RedriveSettlement,
  LetterSending,
  MessageTaking,
  QueueCheck,
];

/**
 * The notifications flow (SYSTEMS S1). The api uses NotificationsFlow, NotificationJourney, NotificationHandlers and
 * NotificationQueues; the worker also binds NotificationIntake and NotificationQueueBindings to its consumers and
 * provides a NotificationResender, a DeadLetterSweep and a RedriveRunner. Handlers can name a function of another flow: the
 * app says of which.
 *
 * Needs, from global modules: the database, tenancy, the ledger, integrations and `PayloadCipher`.
 */
@Module({})
export class NotificationsModule {
  static forRoot({ functions, ...options }: NotificationsSetup): DynamicModule {
    return {
      module: NotificationsModule,
      imports: [
        TypeOrmModule.forFeature([NotificationQueueEntity, NotificationHandlerEntity]),
        SqsProviderModule,
        SnsProviderModule,
        functions.module,
      ],
      providers: [
        ...OPEN,
        ...INNER,
        { provide: NOTIFICATIONS_OPTIONS, useValue: options },
        { provide: HandlerFunctions, useExisting: functions.port },
        { provide: Clock, useClass: SystemClock },
      ],
      exports: OPEN,
    };
  }
}
