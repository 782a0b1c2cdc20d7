import { type CancelSignal, type Outcome, type TryRecord, ok } from '@puente/kernel';
import type { ClaimedOperation } from '../operation';
import { type Execution, type ExecutionResult, OperationExecutor } from '../ports/operation-executor.port';

export interface Effect {
  readonly operationId: string;
  readonly tenantId: string;
  readonly repeat: number;
}

/** What the provider does on one call. `effect: 'deduplicated'` acts unless it has acted for this operation before. */
export type Behaviour = (
  operation: ClaimedOperation,
  provider: ScriptedProvider,
  signal: CancelSignal,
) => Promise<ExecutionResult | Outcome> | ExecutionResult | Outcome;

/**
 * A provider that keeps what it did: the tests compare the ledger with it, not with itself. By default every call acts
 * and succeeds, and every question is answered from the effects.
 */
export class ScriptedProvider extends OperationExecutor {
  readonly effects: Effect[] = [];
  readonly calls: string[] = [];
  readonly inputs: unknown[] = [];
  inFlight = 0;
  mostInFlight = 0;
  callTimeoutMs = 1_000;
  private readonly scripts = new Map<string, Behaviour[]>();
  private readonly effectCounts = new Map<string, number>();

  constructor(private readonly otherwise: Behaviour = acts) {
    super();
  }

  /** Behaviours of an operation's next calls, in order; then the default again. */
  script(operationId: string, ...behaviours: Behaviour[]): void {
    this.scripts.set(operationId, behaviours);
  }

  effectsOf(operationId: string): number {
    return this.effectCounts.get(operationId) ?? 0;
  }

  callsOf(operationId: string): number {
    return this.calls.filter((id) => id === operationId).length;
  }

  act({ id, tenantId, repeats }: ClaimedOperation): void {
    this.effects.push({ operationId: id, tenantId, repeat: repeats });
    this.effectCounts.set(id, this.effectsOf(id) + 1);
  }

  timeoutMs(): number {
    return this.callTimeoutMs;
  }

  async execute(operation: ClaimedOperation, signal: CancelSignal): Promise<Execution> {
    const startedAt = new Date();
    const startedMs = performance.now();
    this.inFlight += 1;
    this.mostInFlight = Math.max(this.mostInFlight, this.inFlight);
    try {
      this.inputs.push(operation.input);
      if (operation.mode === 'call') this.calls.push(operation.id);
      const behaviour = this.scripts.get(operation.id)?.shift() ?? this.otherwise;
      const result = wrap(await behaviour(operation, this, signal), operation);
      const tried: TryRecord = { startedAt, durationMs: performance.now() - startedMs, ...recordOf(result) };
      return { result, tries: [tried] };
    } finally {
      this.inFlight -= 1;
    }
  }
}

export const acts: Behaviour = (operation, provider) => {
  if (operation.mode === 'reconcile') return answers(operation, provider, new AbortController().signal);
  if (operation.effect !== 'idempotent' || provider.effectsOf(operation.id) === 0) provider.act(operation);
  return ok({ done: operation.id });
};

export const answers: Behaviour = (operation, provider) => ({
  kind: 'asked',
  answer: provider.effectsOf(operation.id) > 0 ? { kind: 'applied', output: { found: true } } : { kind: 'absent' },
});

/** Acts, and then the answer is lost on the way. */
export const actsAndIsLost: Behaviour = async (operation, provider, signal) => {
  await acts(operation, provider, signal);
  return { kind: 'unknown', cause: 'reset' };
};

export const failsWith =
  (outcome: Outcome): Behaviour =>
  () =>
    outcome;

/** Does not end before it is told to. */
export function held(then: Behaviour = acts): {
  readonly behaviour: Behaviour;
  readonly begun: Promise<void>;
  release(): void;
} {
  let release: () => void = () => undefined;
  let begin: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  const begun = new Promise<void>((resolve) => (begin = resolve));
  const behaviour: Behaviour = async (operation, provider, signal) => {
    begin();
    await gate;
    return then(operation, provider, signal);
  };
  return { behaviour, begun, release: () => release() };
}

function wrap(result: ExecutionResult | Outcome, { mode }: ClaimedOperation): ExecutionResult {
  switch (result.kind) {
    case 'called':
    case 'asked':
    case 'ask_failed':
    case 'deferred':
    case 'withheld':
      return result;
    default:
      return { kind: mode === 'reconcile' ? 'ask_failed' : 'called', outcome: result };
  }
}

function recordOf(result: ExecutionResult): Pick<TryRecord, 'outcome' | 'failure'> {
  if (result.kind === 'asked') return { outcome: result.answer.kind };
  if (result.kind === 'withheld' || result.kind === 'deferred')
    return { outcome: result.kind, failure: result.failure };
  const { outcome } = result;
  return outcome.kind === 'ok' ? { outcome: 'ok' } : { outcome: outcome.kind, failure: outcome };
}
