import { type DynamicModule, Global, type INestApplicationContext, Module } from '@nestjs/common';
import { AppConfigService } from '@puente/config';
import { CallDecisions, Clock, SystemClock } from '@puente/kernel';
import { Logger, LoggerModule } from 'nestjs-pino';
import type { DestinationStream, Logger as Pino } from 'pino';
import { CallDecisionLog } from './call-decision-log';
import { HttpRequestLog } from './http-request-log';
import { HttpRequests } from './http-requests';
import { LogInterceptor } from './log.interceptor';
import { createLogSink, LogSink } from './log-sink';
import { Metrics } from './metrics';
import { MetricsInterceptor } from './metrics.interceptor';
import { ProviderCallLog } from './provider-call-log';
import { Redactor } from './redactor';
import { TraceInterceptor } from './trace.interceptor';

export interface ObservabilityOptions {
  /** Name of the process in log lines and metrics: `api`, `worker`. */
  readonly service: string;
  /** Where log lines go; standard output unless given. */
  readonly logTo?: DestinationStream | undefined;
}

/** Makes the one logger and the redactor it passes every line through; below both modules that need it. */
@Module({})
class LogSinkModule {
  static for({ service, logTo }: ObservabilityOptions): DynamicModule {
    return {
      module: LogSinkModule,
      providers: [
        Redactor,
        {
          provide: LogSink,
          inject: [AppConfigService, Redactor],
          useFactory: (config: AppConfigService, redactor: Redactor) =>
            createLogSink({ service, level: config.get('LOG_LEVEL'), redactor, destination: logTo }),
        },
      ],
      exports: [Redactor, LogSink],
    };
  }
}

/**
 * Logs, trace ids and metrics of a process. Import it once in the app's root module and call {@link useStructuredLogs}
 * on the app. Requests get `x-request-id` and a trace id without further ado; the guard that knows the caller calls
 * `identifyCaller`.
 */
@Global()
@Module({})
export class ObservabilityModule {
  static forRoot(options: ObservabilityOptions): DynamicModule {
    const sink = LogSinkModule.for(options);
    return {
      module: ObservabilityModule,
      imports: [
        sink,
        LoggerModule.forRootAsync({
          imports: [sink],
          inject: [LogSink],
          // Its middleware is not mounted: our lines get their ids from the trace, and HttpRequests writes the request's line.
          useFactory: (logger: Pino) => ({ pinoHttp: { logger }, forRoutes: [] }),
        }),
      ],
      providers: [
        { provide: Clock, useClass: SystemClock },
        { provide: Metrics, useFactory: () => new Metrics(options.service) },
        HttpRequestLog,
        HttpRequests,
        ProviderCallLog,
        { provide: CallDecisions, useClass: CallDecisionLog },
        TraceInterceptor,
        LogInterceptor,
        MetricsInterceptor,
      ],
      exports: [sink, Metrics, ProviderCallLog, CallDecisions, TraceInterceptor, LogInterceptor, MetricsInterceptor],
    };
  }
}

/** Sends Nest's own lines the same way. Create the app with `bufferLogs: true`, so that none is written before. */
export function useStructuredLogs(app: INestApplicationContext): void {
  app.useLogger(app.get(Logger));
}
