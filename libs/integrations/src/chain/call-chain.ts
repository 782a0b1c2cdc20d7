import type { FactoryProvider } from '@nestjs/common';
import { type CallInterceptor, chain, type NextCall, type Outcome, type ProviderCall } from '@puente/kernel';
import { LogInterceptor, MetricsInterceptor, TraceInterceptor } from '@puente/observability';
import {
  BulkheadInterceptor,
  CircuitBreakerInterceptor,
  DeadlineInterceptor,
  RateLimitInterceptor,
  RetryInterceptor,
  TimeoutInterceptor,
} from '@puente/resilience';
import { CredentialsInterceptor } from './credentials.interceptor';
import { HealthInterceptor } from '../health/health.interceptor';
import { ProviderInvocation } from './provider-invocation';

/** What every provider call passes (DESIGN §4), outermost first. Order is meaning: see each link's own comment. */
const LINKS = [
  TraceInterceptor,
  LogInterceptor,
  MetricsInterceptor,
  HealthInterceptor,
  DeadlineInterceptor,
  BulkheadInterceptor,
  RateLimitInterceptor,
  CircuitBreakerInterceptor,
  RetryInterceptor,
  TimeoutInterceptor,
  CredentialsInterceptor,
];

/** A test of credentials that are not stored yet: nothing to wait for, no quota to spare, a connection of its own. */
const PROBE_LINKS = [TraceInterceptor, LogInterceptor, MetricsInterceptor, TimeoutInterceptor];

/** The call pipeline, from the gateway's call to the provider's code. */
export class CallChain {
  constructor(readonly run: NextCall) {}
}

/** The same, for credentials that `connect` brings along. */
export class ProbeChain {
  constructor(
    private readonly links: readonly CallInterceptor[],
    private readonly innermost: NextCall,
  ) {}

  run(call: ProviderCall, connect: CallInterceptor): Promise<Outcome> {
    return chain([...this.links, connect], this.innermost)(call);
  }
}

export const callChains: FactoryProvider[] = [
  {
    provide: CallChain,
    inject: [ProviderInvocation, ...LINKS],
    useFactory: (provider: ProviderInvocation, ...links: CallInterceptor[]) =>
      new CallChain(chain(links, (call) => provider.run(call))),
  },
  {
    provide: ProbeChain,
    inject: [ProviderInvocation, ...PROBE_LINKS],
    useFactory: (provider: ProviderInvocation, ...links: CallInterceptor[]) =>
      new ProbeChain(links, (call) => provider.run(call)),
  },
];
