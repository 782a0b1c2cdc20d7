import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Injectable,
  Module,
  type ModuleMetadata,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { Metrics } from '@puente/observability';
import { Claimer } from './dispatch/claimer';
import { DispatchSupport } from './dispatch/dispatch-support';
import { Dispatcher } from './dispatch/dispatcher';
import { DueTurns } from './dispatch/due-turns';
import { HintListener } from './dispatch/hint-listener';
import { NoteReader } from './dispatch/note-reader';
import { OperationRunner } from './dispatch/operation-runner';
import { RunPermission } from './dispatch/run-permission';
import { SentMarker } from './dispatch/sent-marker';
import { LaneMetrics } from './dispatch/lane-metrics';
import { SweepReports } from './dispatch/sweep-reports';
import { Sweeper } from './dispatch/sweeper';
import { OperationEventMetrics } from './events/operation-event-metrics';
import { OperationEventPump } from './events/operation-event-pump';
import { OperationEventReports } from './events/operation-event-reports';
import { TurnTools } from './dispatch/turn-tools';
import { WakeUps } from './dispatch/wake-ups';
import { DeliveryReports } from './settlements/delivery-reports';
import { SettlementPump } from './settlements/settlement-pump';

/** Dispatches from the moment the app is up until it is told to stop; then it drains before anything else is closed. */
@Injectable()
export class DispatchLifecycle implements OnApplicationBootstrap, OnModuleDestroy, BeforeApplicationShutdown {
  constructor(
    private readonly dispatcher: Dispatcher,
    private readonly pump: SettlementPump,
    private readonly events: OperationEventPump,
  ) {}

  onApplicationBootstrap(): void {
    this.dispatcher.start();
    this.pump.start();
    this.events.start();
  }

  /** The first thing that happens at the end, and nobody waits for it here: others have to stop as well. */
  onModuleDestroy(): void {
    void this.dispatcher.stop();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.dispatcher.stop();
    await Promise.all([this.pump.stop(), this.events.stop()]);
  }
}

/** For processes that run operations: dispatcher, sweeper and settlement pump. Needs LedgerModule beside it. */
@Module({})
export class DispatchModule {
  /**
   * @param app `imports` export what binds OperationExecutor; or `providers` do
   * @param starts false: whoever holds the Dispatcher starts and stops it
   */
  static forRoot(app: Pick<ModuleMetadata, 'imports' | 'providers'>, starts = true): DynamicModule {
    return {
      module: DispatchModule,
      imports: app.imports ?? [],
      providers: [
        ...(app.providers ?? []),
        ...[Dispatcher, DispatchSupport, Claimer, OperationRunner, RunPermission, SentMarker],
        ...[HintListener, NoteReader, DueTurns, TurnTools, WakeUps],
        ...[Sweeper, SweepReports, LaneMetrics, SettlementPump, DeliveryReports],
        ...[OperationEventPump, OperationEventReports],
        {
          provide: OperationEventMetrics,
          inject: [Metrics],
          useFactory: (metrics: Metrics) => new OperationEventMetrics(metrics),
        },
        ...(starts ? [DispatchLifecycle] : []),
      ],
      exports: [Dispatcher, NoteReader, SettlementPump],
    };
  }
}
