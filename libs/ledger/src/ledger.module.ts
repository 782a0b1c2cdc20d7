import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Global,
  Injectable,
  Module,
  type ModuleMetadata,
} from '@nestjs/common';
import { AppConfigService } from '@puente/config';
import { Clock, Random, SystemClock, SystemRandom } from '@puente/kernel';
import { Metrics } from '@puente/observability';
import { GroupedAccept } from './accept/grouped-accept';
import { TransactionalAccept } from './accept/transactional-accept';
import { InputOpener } from './dispatch/input-opener';
import { LeaseKeeper } from './dispatch/lease-keeper';
import { SettlementAftermath } from './dispatch/settlement-aftermath';
import { SettlementStore } from './dispatch/settlement-store';
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

/** The ledger for whoever accepts, reads or acts on operations. Nothing is dispatched by it: see DispatchModule. */
@Global()
@Module({})
export class LedgerModule {
  /**
   * @param app `imports` export what binds PayloadCipher and LaneReports; or `providers` do
   * @param settings instead of the configuration's
   */
  static forRoot(app: Pick<ModuleMetadata, 'imports' | 'providers'>, settings?: LedgerSettings): DynamicModule {
    const exported = [
      OperationLedger,
      Lanes,
      MendedLanes,
      TenantOperations,
      OperationReplays,
      SettlementWaits,
      SettlementRegistry,
      OperationEventRegistry,
      LedgerSettings,
      LedgerTime,
      LedgerLog,
      LedgerMetrics,
    ];
    const machinery = [LeaseKeeper, Settler, WorkHints, OperationViews, InputOpener, LaneStates, SharedLaneStore];
    return {
      module: LedgerModule,
      imports: app.imports ?? [],
      providers: [
        ...(app.providers ?? []),
        settings
          ? { provide: LedgerSettings, useValue: settings }
          : { provide: LedgerSettings, inject: [AppConfigService], useFactory: settingsFrom },
        { provide: LedgerMetrics, inject: [Metrics], useFactory: (metrics: Metrics) => new LedgerMetrics(metrics) },
        { provide: WaitLimits, useFactory: () => new WaitLimits() },
        { provide: Clock, useClass: SystemClock },
        { provide: Random, useClass: SystemRandom },
        ...[OperationLedger, Lanes, MendedLanes, TenantOperations, SettlementWaits],
        ...[SettlementRegistry, OperationEventRegistry, LedgerTime, LedgerLog],
        ...[OperationReplays, ReplayPages],
        ...machinery,
        ...[TransactionalAccept, GroupedAccept, Beginnings, SynchronousOperations, OperationReader, OperationActions],
        ...[CircuitLog, LaneWriter, SettlementStore, SettlementWriter, SettlementAftermath, LedgerLifecycle],
      ],
      exports: [...exported, ...machinery],
    };
  }
}

function settingsFrom(config: AppConfigService): LedgerSettings {
  return new LedgerSettings({
    leaseMs: config.get('LEASE_MS'),
    pollMs: config.get('POLL_MS'),
    sweepMs: config.get('SWEEP_MS'),
    drainMs: config.get('DRAIN_MS'),
    concurrency: config.get('WORKER_CONCURRENCY'),
  });
}
