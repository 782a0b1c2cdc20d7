import { type DynamicModule, type InjectionToken, Module, type ModuleMetadata, type Provider } from '@nestjs/common';
import { SqsModule } from '@ssut/nestjs-sqs';
import { PLATFORM_READERS, type PlatformReaders, platformQueueHandlers } from './platform-queues';
import { PollingGate } from './polling-gate';
import { QueueActivity } from './queue-activity';
import { QueueConsumption } from './queue-consumption.service';
import { QueueDirectory } from './queue-directory';
import { QueueMonitor } from './queue-monitor';
import { QUEUE_OPTIONS, type QueueOptions } from './queue-options';
import { QueueReaders } from './queue-readers';
import { QueueSupervisor } from './queue-supervisor';
import { QueueLog } from './queue-log';

type SqsOptions = Parameters<typeof SqsModule.register>[0];

export interface QueueModuleOptions extends Pick<ModuleMetadata, 'imports'> {
  readonly options: QueueOptions;
  /**
   * Binds the ports: QueueBatchHandler, QueueBindings, QueueClients, PollingHealth, QueueGauges, Clock. What they need
   * comes from `imports`.
   */
  readonly ports: readonly (Provider & { provide: InjectionToken })[];
}

/** Below both the library's consumers, which take their options from the readers, and what starts and stops them. */
@Module({})
class QueueReadersModule {
  static with({ options, ports, imports = [] }: QueueModuleOptions): DynamicModule {
    const tokens = ports.map(({ provide }) => provide);
    return {
      module: QueueReadersModule,
      imports,
      providers: [
        ...ports,
        { provide: QUEUE_OPTIONS, useValue: options },
        QueueLog,
        QueueActivity,
        PollingGate,
        QueueDirectory,
        QueueReaders,
        { provide: PLATFORM_READERS, inject: [QueueReaders, QueueDirectory], useFactory: platformReaders(options) },
      ],
      exports: [
        ...tokens,
        QUEUE_OPTIONS,
        QueueLog,
        QueueActivity,
        PollingGate,
        QueueDirectory,
        QueueReaders,
        PLATFORM_READERS,
      ],
    };
  }
}

/** Everything that reads queues. One per application: `QueueModule.forRoot` in the worker. */
@Module({})
export class QueueModule {
  static forRoot(given: QueueModuleOptions): DynamicModule {
    const readers = QueueReadersModule.with(given);
    return {
      module: QueueModule,
      imports: [
        readers,
        SqsModule.registerAsync({
          imports: [readers],
          inject: [PLATFORM_READERS],
          useFactory: (platform: PlatformReaders): SqsOptions => ({
            consumers: [...platform.values()].map((reader) => ({ ...reader.options(), name: reader.source.url })),
          }),
        }),
      ],
      providers: [
        ...platformQueueHandlers(given.options.platformQueueUrls),
        QueueSupervisor,
        QueueConsumption,
        QueueMonitor,
      ],
      exports: [readers, QueueSupervisor, QueueMonitor],
    };
  }
}

function platformReaders(options: QueueOptions) {
  return (readers: QueueReaders, directory: QueueDirectory): PlatformReaders =>
    new Map(
      options.platformQueueUrls.map((url) => [
        url,
        readers.open({ url, client: options.platformClient, binding: () => directory.find(url) }),
      ]),
    );
}
