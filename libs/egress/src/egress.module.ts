import { Global, Module } from '@nestjs/common';
import { AppConfigService } from '@puente/config';
import { DnsHostResolver } from './dns-host-resolver';
import { EgressGuard } from './egress-guard';
import { EgressReports } from './egress-reports.port';
import { HostResolver } from './host-resolver.port';

/** The one guard of a process, with what its operator allows. */
@Global()
@Module({
  providers: [
    { provide: HostResolver, useClass: DnsHostResolver },
    {
      provide: EgressGuard,
      inject: [AppConfigService, HostResolver, { token: EgressReports, optional: true }],
      useFactory: (config: AppConfigService, resolver: HostResolver, reports?: EgressReports) =>
        new EgressGuard(
          { allowedCidrs: config.get('EGRESS_ALLOWED_CIDRS'), ports: config.get('EGRESS_PORTS') },
          resolver,
          reports,
        ),
    },
  ],
  exports: [EgressGuard],
})
export class EgressModule {}
