import { type ProviderCall, uuidv7 } from '@puente/kernel';
import { parseInput } from '../gateway/call-plan';
import type { ProviderDefinition } from '../provider';

export interface ProbedCredentials {
  readonly tenantId: string;
  readonly integration: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * The provider's probe as a call: a read that fails on wrong credentials.
 *
 * @throws {InvalidInputError} the configuration lacks what the probe asks about
 */
export function probeCall(definition: ProviderDefinition, probed: ProbedCredentials): ProviderCall {
  const { operation, input } = definition.probe;
  const { id: provider } = definition.meta;
  const spec = definition.operations[operation];
  if (!spec) throw new TypeError(`${provider} probes by ${operation}, which it does not have`);
  return {
    tenantId: probed.tenantId,
    provider,
    operation,
    integration: probed.integration,
    laneKey: probed.integration,
    effect: 'read',
    policy: spec.policy,
    mode: 'probe',
    input: parseInput(spec, provider, operation, input(probed.config)),
    dedupeKey: uuidv7(),
    repeat: 0,
    attempt: 1,
    waitsInProcess: false,
    signal: new AbortController().signal,
    tries: [],
  };
}
