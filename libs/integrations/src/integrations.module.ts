import {
  type DynamicModule,
  Global,
  Injectable,
  Module,
  type ModuleMetadata,
  type OnApplicationBootstrap,
  type Provider,
} from '@nestjs/common';
import { EgressGuard } from '@puente/egress';
import { Clock, Random, SystemClock, SystemRandom } from '@puente/kernel';
import { OperationExecutor } from '@puente/ledger';
import {
  BulkheadInterceptor,
  CircuitBreakerInterceptor,
  DeadlineInterceptor,
  RateLimitInterceptor,
  RetryInterceptor,
  TimeoutInterceptor,
} from '@puente/resilience';
import { callChains } from './chain/call-chain';
import { CredentialsInterceptor } from './chain/credentials.interceptor';
import { ConnectSettings, ProviderClients } from './chain/provider-clients';
import { ProviderFaultLog } from './chain/provider-fault-log';
import { ProviderInvocation } from './chain/provider-invocation';
import { CatalogueCredentialRules } from './credentials/catalogue-credential-rules';
import { ChainCredentialProbe } from './credentials/chain-credential-probe';
import { IntegrationLanes } from './credentials/integration-lanes';
import { LaneProbeLog } from './credentials/lane-probe-log';
import { LaneProbes } from './credentials/lane-probes';
import { PausedLanes } from './credentials/paused-lanes';
import { StoredCredentialProbe } from './credentials/stored-credential-probe';
import { HealthInterceptor } from './health/health.interceptor';
import { HealthLog } from './health/health-log';
import { HealthRecorder } from './health/health-recorder';
import { HealthStore } from './health/health-store';
import { HealthViews } from './health/health-views';
import { HealthWatch } from './health/health-watch';
import { ReceiverFailures } from './health/receiver-failures';
import { CredentialCheck } from './gateway/credential-check';
import { GatewayExecutor } from './gateway/gateway-executor';
import { IntegrationGateway } from './gateway/integration-gateway';
import { Reads } from './gateway/reads';
import { SynchronousWrites } from './gateway/synchronous-writes';
import type { AnyProvider, ConnectContext } from './provider';
import { ProviderCatalogue } from './provider-catalogue';
import { quotaProviders } from './quotas/quota-providers';

export interface IntegrationsOptions {
  /** `catalog` of `@puente/providers`. */
  readonly catalog: readonly AnyProvider[];
  /** Name of this installation (`ENV`): providers build names from it. */
  readonly installation: string;
  readonly platformAws?: ConnectContext['platformAws'];
  readonly maxClients?: number;
  /** Where the counters of rate limits are (`REDIS_URL`); left out: in PostgreSQL. */
  readonly redisUrl?: string | undefined;
  /** For the process that works in the background: tries the credentials of paused lanes now and then. */
  readonly probePausedLanes?: boolean;
  /** For the same process: raises and ends the alerts about providers. Needs tenancy's `OperatorEvents`. */
  readonly watchHealth?: boolean;
  /** Modules that export `CredentialVault` and `OperationLedger`, where these are not global. */
  readonly imports?: ModuleMetadata['imports'];
}

/** Links of the chain, and what they and the gateway are made of. The order means nothing here: see call-chain.ts. */
const parts: Provider[] = [
  BulkheadInterceptor,
  CircuitBreakerInterceptor,
  DeadlineInterceptor,
  HealthInterceptor,
  RateLimitInterceptor,
  RetryInterceptor,
  TimeoutInterceptor,
  CredentialsInterceptor,
  ProviderClients,
  ProviderFaultLog,
  ProviderInvocation,
  ...callChains,
  CredentialCheck,
  Reads,
  SynchronousWrites,
  IntegrationGateway,
  GatewayExecutor,
  { provide: OperationExecutor, useExisting: GatewayExecutor },
  CatalogueCredentialRules,
  ChainCredentialProbe,
  StoredCredentialProbe,
  IntegrationLanes,
  PausedLanes,
  LaneProbeLog,
  LaneProbes,
  HealthLog,
  HealthRecorder,
  HealthStore,
  HealthViews,
  ReceiverFailures,
];

/** What others may inject. */
const offered = [
  ProviderCatalogue,
  IntegrationGateway,
  GatewayExecutor,
  OperationExecutor,
  CatalogueCredentialRules,
  ChainCredentialProbe,
  StoredCredentialProbe,
  IntegrationLanes,
  LaneProbes,
  HealthViews,
];

/** Lets a worker raise and end the alerts about providers, from the moment it is up. */
@Injectable()
export class HealthWatchStart implements OnApplicationBootstrap {
  constructor(private readonly watch: HealthWatch) {}

  onApplicationBootstrap(): void {
    this.watch.start();
  }
}

/** Lets a worker probe the lanes that wait for credentials, from the moment it is up. */
@Injectable()
export class LaneProbesStart implements OnApplicationBootstrap {
  constructor(private readonly probes: LaneProbes) {}

  onApplicationBootstrap(): void {
    this.probes.start();
  }
}

/**
 * The gateway, the call chain and the catalogue. Global, so that a provider's module is its facade and nothing else.
 *
 * It binds the ledger's `OperationExecutor` and needs `EgressModule` of `@puente/egress`. The app binds `CredentialVault` to tenancy's vault, and tenancy's
 * `CredentialCatalogue` and `CredentialProbe` to {@link CatalogueCredentialRules} and {@link ChainCredentialProbe}.
 */
@Global()
@Module({})
export class IntegrationsModule {
  static forRoot(options: IntegrationsOptions): DynamicModule {
    const { catalog, probePausedLanes, watchHealth, redisUrl, imports = [], ...settings } = options;
    return {
      module: IntegrationsModule,
      imports,
      providers: [
        { provide: Clock, useClass: SystemClock },
        { provide: Random, useClass: SystemRandom },
        { provide: ProviderCatalogue, useFactory: () => new ProviderCatalogue(catalog) },
        {
          provide: ConnectSettings,
          inject: [EgressGuard],
          useFactory: (egress: EgressGuard) => new ConnectSettings({ ...settings, egress }),
        },
        ...parts,
        ...quotaProviders(redisUrl),
        ...(probePausedLanes === true ? [LaneProbesStart] : []),
        ...(watchHealth === true ? [HealthWatch, HealthWatchStart] : []),
      ],
      exports: offered,
    };
  }
}
