import { Injectable } from '@nestjs/common';
import {
  type CancelSignal,
  type Failure,
  type JsonValue,
  nativeSignal,
  ok,
  type Outcome,
  type ProviderCall,
  type Reconciliation,
  unknown,
} from '@puente/kernel';
import { answersLike, listenForAnswers, stopListening } from '../http/answer-heads';
import { fieldProblems } from '../integration.errors';
import type { OperationCall, OperationSpec, ProviderDefinition } from '../provider';
import { ProviderCatalogue } from '../provider-catalogue';
import { cleanFailure } from './clean-failure';
import { type Connection, connectionOf } from './connected-call';
import { ProviderFaultLog } from './provider-fault-log';

/**
 * The innermost link: the provider's own code, once. Whatever it does, an outcome comes out: what it throws is
 * classified, an answer that does not fit its schema is `unknown(bad_body)`, and no text leaves with a secret in it.
 */
@Injectable()
export class ProviderInvocation {
  constructor(
    private readonly catalogue: ProviderCatalogue,
    private readonly log: ProviderFaultLog,
  ) {}

  async run(call: ProviderCall): Promise<Outcome> {
    const connection = connectionOf(call);
    const definition = this.catalogue.get(call.provider);
    const spec = this.catalogue.operation(call.provider, call.operation);
    if (call.onAnswer) listenForAnswers(call.signal, call.onAnswer);
    try {
      const outcome =
        call.mode === 'reconcile' ? await ask(spec, connection, call) : await send(spec, connection, call);
      return outcome.kind === 'ok' ? outcome : cleanFailure(outcome, connection.redaction);
    } catch (error) {
      return this.failed(definition, error, call, connection);
    } finally {
      if (call.onAnswer) stopListening(call.signal);
    }
  }

  private failed(definition: ProviderDefinition, error: unknown, call: ProviderCall, connection: Connection): Failure {
    const { redaction } = connection;
    let failure: Failure;
    try {
      failure = definition.classify(error);
    } catch (fault) {
      this.log.classificationFailed(call, fault, redaction);
      return unknown('internal', { code: 'CLASSIFY_FAILED' });
    }
    if (failure.kind === 'unknown' && failure.cause === 'internal') this.log.threw(call, error, redaction);
    return cleanFailure(failure, redaction);
  }
}

async function send(
  spec: OperationSpec<unknown>,
  { client, redaction }: Connection,
  call: ProviderCall,
): Promise<Outcome> {
  const answer = await spec.run(client, call.input, operationCall(call));
  const output = outputOf(spec, answer);
  return output.fits ? ok(redaction.maskOutput(output.value)) : misfit(output.problem);
}

async function ask(
  spec: OperationSpec<unknown>,
  { client, redaction }: Connection,
  call: ProviderCall,
): Promise<Outcome> {
  if (!spec.reconcile) return unknown('internal', { code: 'CANNOT_BE_ASKED' });
  const answer = await spec.reconcile(client, call.input, operationCall(call));
  if (answer.kind !== 'applied') return ok({ kind: answer.kind } satisfies Reconciliation);
  const output = outputOf(spec, answer.output);
  if (!output.fits) return misfit(output.problem);
  return ok({ kind: 'applied', output: redaction.maskOutput(output.value) } satisfies Reconciliation);
}

type Output = { readonly fits: true; readonly value: JsonValue } | { readonly fits: false; readonly problem: string };

/** The schema's own copy: fields it does not declare are not kept. An operation without an output answers null. */
function outputOf(spec: OperationSpec<unknown>, answer: unknown): Output {
  const parsed = spec.output.safeParse(answer);
  if (parsed.success) return { fits: true, value: (parsed.data ?? null) as JsonValue };
  const problems = fieldProblems(parsed.error).map(
    ({ path, message }) => `${path === '' ? '(answer)' : path}: ${message}`,
  );
  return { fits: false, problem: problems.join('; ') };
}

/** The call was answered, so it may well have happened; what was answered cannot be read. */
function misfit(problem: string): Failure {
  return unknown('bad_body', { code: 'OUTPUT_MISMATCH', message: problem });
}

export function operationCall(call: ProviderCall): OperationCall {
  return new RunningCall(call);
}

/** A class for the sake of its getter. */
class RunningCall implements OperationCall {
  readonly operationId: string | undefined;
  readonly dedupeKey: string;
  readonly repeat: number;
  readonly attempt: number;
  readonly tenantId: string;
  readonly traceId: string | undefined;
  readonly cancel: CancelSignal;

  constructor(call: ProviderCall) {
    this.operationId = call.operationId;
    this.dedupeKey = call.dedupeKey;
    this.repeat = call.repeat;
    this.attempt = call.attempt;
    this.tenantId = call.tenantId;
    this.traceId = call.traceId;
    this.cancel = call.signal;
  }

  get signal(): AbortSignal {
    const native = nativeSignal(this.cancel);
    answersLike(native, this.cancel);
    return native;
  }
}
