import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Global,
  Injectable,
  Module,
  type ModuleMetadata,
  type Provider,
} from '@nestjs/common';
import { AppConfigService } from '@puente/config';
import { Clock, Random, SystemClock, SystemRandom } from '@puente/kernel';
import { Metrics } from '@puente/observability';
import { DispatchQueue, platformQueueClient } from '@puente/queue';
import { RetryBudgets } from '@puente/resilience';
import { GroupedAccept } from './accept/grouped-accept';
import { JoinedAccept } from './accept/joined-accept';
import { TransactionalAccept } from './accept/transactional-accept';
import { DueAnnouncer } from './dispatch/due-announcer';
import { InputOpener } from './dispatch/input-opener';
import { NoteMetrics } from './dispatch/note-metrics';
import { LeaseKeeper } from './dispatch/lease-keeper';
import { SettlementAftermath } from './dispatch/settlement-aftermath';
import { SettlementStore } from './dispatch/settlement-store';
import { Decider } from './dispatch/decider';
import { SettlementWriter } from './dispatch/settlement-writer';
import { Settler } from './dispatch/settler';
import { Beginnings } from './dispatch/beginnings';
import { SynchronousOperations } from './dispatch/synchronous-operations';
import { WorkHints } from './dispatch/work-hints';
import { OperationEventRegistry } from './events/operation-event-registry';
import { CircuitLog } from './lanes/circuit-log';
import { LaneStates } from './lanes/lane-states';
import { LaneWriter } from './lanes/lane-writer';
import { SharedLaneStore } from './lanes/shared-lane-store';
import { DispatchMode } from './dispatch-mode';
import { LedgerMetrics } from './ledger-metrics';
import { LedgerSettings } from './ledger-settings';
import { LedgerTime } from './ledger-time';
import { LedgerLog } from './ledger.log';
import { OperationLedger } from './operation-ledger';
import { Lanes } from './reading/lanes';
import { MendedLanes } from './reading/mended-lanes';
import { OperationActions } from './reading/operation-actions';
import { OperationReader } from './reading/operation-reader';
import { OperationViews } from './reading/operation-views';
import { SettlementWaits, WaitLimits } from './reading/settlement-waits';
import { TenantOperations } from './reading/tenant-operations';
import { OperationReplays } from './replay/operation-replays';
import { RepeatRegistry } from './replay/repeat-registry';
import { ReplayPages } from './replay/replay-pages';
import { SettlementRegistry } from './settlements/settlement-registry';

/** A stopping api lets the calls of its waiting clients end. */
@Injectable()
export class LedgerLifecycle implements BeforeApplicationShutdown {
  constructor(private readonly synchronous: SynchronousOperations) {}

  async beforeApplicationShutdown(): Promise<void> {
    await this.synchronous.stop();
  }
}

interface GivenSettings {
  readonly settings: LedgerSettings;
  readonly mode: DispatchMode;
}

/** The ledger for whoever accepts, reads or acts on operations. Nothing is dispatched by it: see DispatchModule. */
@Global()
@Module({})
export class LedgerModule {
  /**
   * @param app `imports` export what binds PayloadCipher and LaneReports; or `providers` do
   * @param given instead of the configuration's
   */
  static forRoot(app: Pick<ModuleMetadata, 'imports' | 'providers'>, given?: GivenSettings): DynamicModule {
    const exported = [
      OperationLedger,
      Lanes,
      MendedLanes,
      TenantOperations,
      OperationReplays,
      SettlementWaits,
      ...[SettlementRegistry, OperationEventRegistry, RepeatRegistry],
      LedgerSettings,
      DispatchMode,
      LedgerTime,
      LedgerLog,
      LedgerMetrics,
    ];
    const machinery = [
      ...[LeaseKeeper, Settler, NoteMetrics, DueAnnouncer, WorkHints],
      ...[JoinedAccept, OperationViews, InputOpener, LaneStates, SharedLaneStore, RetryBudgets],
    ];
    return {
      module: LedgerModule,
      imports: app.imports ?? [],
      providers: [
        ...(app.providers ?? []),
        ...settingsAndMode(given),
        { provide: LedgerMetrics, inject: [Metrics], useFactory: (metrics: Metrics) => new LedgerMetrics(metrics) },
        { provide: WaitLimits, useFactory: () => new WaitLimits() },
        { provide: Clock, useClass: SystemClock },
        { provide: Random, useClass: SystemRandom },
        ...[OperationLedger, Lanes, MendedLanes, TenantOperations, SettlementWaits],
        ...[SettlementRegistry, OperationEventRegistry, LedgerTime, LedgerLog],
        ...[OperationReplays, ReplayPages, RepeatRegistry],
        ...machinery,
        ...[TransactionalAccept, GroupedAccept, Beginnings, SynchronousOperations, OperationReader, OperationActions],
        ...[CircuitLog, LaneWriter, Decider, SettlementStore, SettlementWriter, SettlementAftermath, LedgerLifecycle],
      ],
      exports: [...exported, ...machinery],
    };
  }
}

function settingsAndMode(given: GivenSettings | undefined): Provider[] {
  if (given)
    return [
      { provide: LedgerSettings, useValue: given.settings },
      { provide: DispatchMode, useValue: given.mode },
    ];
  return [
    { provide: LedgerSettings, inject: [AppConfigService], useFactory: settingsFrom },
    { provide: DispatchMode, inject: [AppConfigService], useFactory: modeFrom },
  ];
}

function settingsFrom(config: AppConfigService): LedgerSettings {
  return new LedgerSettings({
    leaseMs: config.get('LEASE_MS'),
    pollMs: config.get('POLL_MS'),
    // With a queue there may be many workers, and each hears at once of what it has settled itself.
    settlementPollMs: config.get('POLL_MS') * (config.get('DISPATCH_MODE') === 'sqs' ? 10 : 1),
    sweepMs: config.get('SWEEP_MS'),
    drainMs: config.get('DRAIN_MS'),
    concurrency: config.get('WORKER_CONCURRENCY'),
  });
}

function modeFrom(config: AppConfigService): DispatchMode {
  const url = config.get('DISPATCH_QUEUE_URL');
  if (config.get('DISPATCH_MODE') !== 'sqs' || url === undefined) return new DispatchMode();
  const client = platformQueueClient({ region: config.get('AWS_REGION'), endpoint: config.get('AWS_ENDPOINT_URL') });
  return new DispatchMode(new DispatchQueue({ url, client, installation: config.get('ENV') }));
}
