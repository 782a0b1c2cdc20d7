import { DnsHostResolver, EgressGuard } from '@puente/egress';

/** The guard of an installation whose operator allows loopback, as the sandbox does: where stand-ins are. */
export function loopbackEgress(): EgressGuard {
  return new EgressGuard({ allowedCidrs: ['127.0.0.1/32', '::1/128'], ports: [443, 8443] }, new DnsHostResolver());
}
