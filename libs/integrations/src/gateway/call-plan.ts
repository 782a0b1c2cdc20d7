import type { Effect, JsonValue, OnUnknown } from '@puente/kernel';
import type { HeadOfLine } from '@puente/ledger';
import { fieldProblems, InvalidInputError } from '../integration.errors';
import type { OperationSpec, ProviderDefinition } from '../provider';
import type { ProviderCatalogue } from '../provider-catalogue';

/** What a tenant has unless it names its accounts. */
export const DEFAULT_INTEGRATION = 'default';

/** Everything about a call that follows from its input, worked out once: at accept, before anything is written. */
export interface CallPlan {
  readonly provider: string;
  readonly operation: string;
  readonly integration: string;
  readonly definition: ProviderDefinition;
  readonly spec: OperationSpec<unknown>;
  /** As the caller gave it: this is what the ledger keeps, and what each try parses again. Schemas are pure. */
  readonly input: JsonValue;
  /** As the provider's code gets it. */
  readonly parsed: unknown;
  readonly effect: Effect;
  readonly policy: string;
  readonly laneKey: string;
  readonly onUnknown: OnUnknown;
  readonly headOfLine: HeadOfLine | undefined;
  readonly settleMs: number;
  readonly keyWindowMs: number | undefined;
}

/** @throws {ProviderNotFoundError} {@link ProviderOperationNotFoundError} {@link InvalidInputError} */
export function planCall(
  catalogue: ProviderCatalogue,
  provider: string,
  operation: string,
  input: unknown,
  integration: string = DEFAULT_INTEGRATION,
): CallPlan {
  const definition = catalogue.get(provider);
  const spec = catalogue.operation(provider, operation);
  const parsed = parseInput(spec, provider, operation, input);
  const effect = typeof spec.effect === 'function' ? spec.effect(parsed) : spec.effect;
  return {
    provider,
    operation,
    integration,
    definition,
    spec,
    input: input as JsonValue,
    parsed,
    effect,
    policy: spec.policy,
    laneKey: laneKeyOf(definition, operation, parsed, integration),
    onUnknown: spec.onUnknown ?? 'review',
    headOfLine: spec.headOfLine,
    settleMs: effect === 'reconcilable' ? (spec.settleMs ?? 0) : 0,
    keyWindowMs: effect === 'idempotent' ? spec.idempotentForMs : undefined,
  };
}

/** @throws {InvalidInputError} */
export function parseInput(spec: OperationSpec<unknown>, provider: string, operation: string, input: unknown): unknown {
  const parsed = spec.input.safeParse(input, { reportInput: false });
  if (!parsed.success) throw new InvalidInputError(provider, operation, fieldProblems(parsed.error));
  return parsed.data;
}

/**
 * A lane's key begins with the integration whose credentials it uses, so that mending them can find all of its lanes:
 * `default`, or `default/<what the provider says>`.
 */
function laneKeyOf(definition: ProviderDefinition, operation: string, parsed: unknown, integration: string): string {
  const lane = definition.lane?.(operation, parsed, integration) ?? integration;
  return lane === integration || lane.startsWith(`${integration}/`) ? lane : `${integration}/${lane}`;
}

/** The integration a lane belongs to: the inverse of the above. */
export function integrationOfLane(laneKey: string): string {
  return laneKey.split('/', 1)[0] ?? laneKey;
}
