import { Injectable } from '@nestjs/common';
import type { CallOptions, CallResult, PrepareOptions } from '@puente/integrations';
import type { NewOperation } from '@puente/ledger';
import { Lambda } from '@puente/providers/lambda';
import type { NamedFunction } from './function-names';
import { FUNCTIONS } from './known-functions';

type WithoutAccount<T> = Omit<T, 'integration'>;

/** Invocations of a named function. The payload is passed on as the text it came as: not one byte of it changes. */
@Injectable()
export class FunctionOperations {
  constructor(private readonly lambda: Lambda) {}

  /** Now, or accepted for the background: {@link CallOptions} say which. */
  call(named: NamedFunction, payload: string, options: WithoutAccount<CallOptions>): Promise<CallResult> {
    const { integration, onUnknown } = named;
    return this.lambda.call('invoke', inputOf(named, payload), { onUnknown, ...options, integration });
  }

  /** @throws {InvalidInputError} Lambda would refuse it: too large */
  prepare(named: NamedFunction, payload: string, options: WithoutAccount<PrepareOptions>): NewOperation {
    const { integration, onUnknown } = named;
    return this.lambda.prepare('invoke', inputOf(named, payload), { onUnknown, ...options, integration });
  }
}

function inputOf({ function: id, name: functionName, nameIncludesEnv }: NamedFunction, payloadText: string) {
  return { functionName, nameIncludesEnv, invocationType: FUNCTIONS[id].invocationType, payloadText };
}
