import { Global, Module } from '@nestjs/common';
import { AppConfigService } from '@puente/config';
import { DnsHostResolver } from './dns-host-resolver';
import { EgressGuard } from './egress-guard';
import { HostResolver } from './host-resolver.port';

/** The one guard of a process, with what its operator allows. */
@Global()
@Module({
  providers: [
    { provide: HostResolver, useClass: DnsHostResolver },
    {
      provide: EgressGuard,
      inject: [AppConfigService, HostResolver],
      useFactory: (config: AppConfigService, resolver: HostResolver) =>
        new EgressGuard(
          { allowedCidrs: config.get('EGRESS_ALLOWED_CIDRS'), ports: config.get('EGRESS_PORTS') },
          resolver,
        ),
    },
  ],
  exports: [EgressGuard],
})
export class EgressModule {}
