// A door of its own: the suite brings the call chain with it, and a stand-in starts faster without.
export { BrokenStream, type StreamCutter, type StreamDialect, type StreamPart } from './broken-stream';
export { contractCases } from './contract-cases';
export type { ContractCase, ContractSample, ContractSubject, ContractWorld, WireFault } from './contract-subject';
export { controlledWorld } from './control-plane.client';
export { loopbackEgress } from './loopback-egress';
export { selfSignedCertificate } from './self-signed-certificate';
