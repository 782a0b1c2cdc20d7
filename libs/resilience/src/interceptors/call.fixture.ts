import type { ProviderCall } from '@puente/kernel';

/** A provider call for the specs of this folder. */
export function sampleCall(over: Partial<ProviderCall> = {}): ProviderCall {
  return {
    tenantId: '0190a000-0000-7000-8000-000000000001',
    provider: 'sample',
    operation: 'send',
    integration: 'default',
    laneKey: 'default',
    effect: 'once',
    policy: 'interactive',
    mode: 'call',
    input: {},
    operationId: 'operation-1',
    dedupeKey: 'operation-1',
    repeat: 0,
    attempt: 1,
    waitsInProcess: true,
    signal: new AbortController().signal,
    tries: [],
    ...over,
  };
}
