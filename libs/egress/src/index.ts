export { type Destination, destinationOf } from './destination';
export { DnsHostResolver } from './dns-host-resolver';
export { ConnectingSockets, egressConnector, type ConnectorOptions } from './egress-connector';
export { EgressGuard, type EgressRules, type Reach } from './egress-guard';
export { EgressReports } from './egress-reports.port';
export { EgressModule } from './egress.module';
export {
  EgressAddressRefusedError,
  EgressError,
  EgressHostUnresolvedError,
  EgressUrlRefusedError,
} from './egress.errors';
export { type GuardedConnection, guardedConnection } from './guarded-connection';
export { guardedSocket, type SocketGuard } from './guarded-socket';
export { HostResolver } from './host-resolver.port';
export { isPublic } from './special-ranges';
