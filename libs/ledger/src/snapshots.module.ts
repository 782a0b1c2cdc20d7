import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Injectable,
  Module,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { AppConfigService } from '@puente/config';
import { SnapshotReports } from './snapshots/snapshot-reports';
import { SnapshotAlarm, SnapshotWatch } from './snapshots/snapshot-watch';

/** Looks from the start of the app to its end. */
@Injectable()
export class SnapshotsLifecycle implements OnApplicationBootstrap, BeforeApplicationShutdown {
  constructor(private readonly watch: SnapshotWatch) {}

  onApplicationBootstrap(): void {
    this.watch.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.watch.stop();
  }
}

/** For processes that watch over the database. Needs LedgerModule beside it. */
@Module({})
export class SnapshotsModule {
  static forRoot(): DynamicModule {
    const alarm = (config: AppConfigService): SnapshotAlarm => new SnapshotAlarm(config.get('SNAPSHOT_ALARM_MS'));
    return {
      module: SnapshotsModule,
      providers: [
        { provide: SnapshotAlarm, inject: [AppConfigService], useFactory: alarm },
        ...[SnapshotWatch, SnapshotReports, SnapshotsLifecycle],
      ],
      exports: [SnapshotWatch],
    };
  }
}
