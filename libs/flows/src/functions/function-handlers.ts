import { Injectable } from '@nestjs/common';
import type { TenantTransaction } from '@puente/database';
import type { PrepareOptions } from '@puente/integrations';
import type { OnUnknown } from '@puente/kernel';
import type { NewOperation } from '@puente/ledger';
import { FunctionNames } from './function-names';
import { FunctionOperations } from './function-operations';
import { FunctionNameMissingError, FunctionNotFoundError } from './functions.errors';
import { isFunctionId } from './known-functions';

export interface FunctionHandler {
  readonly onUnknown: OnUnknown;
  prepare(payload: string, options: Omit<PrepareOptions, 'integration'>): NewOperation;
}

/** Why a name cannot be used, in words for an administrator. */
export interface UnusableFunction {
  readonly problem: string;
}

/** The functions as handlers of events. It fits the port `HandlerFunctions` of the notifications flow; apps bind it there. */
@Injectable()
export class FunctionHandlers {
  constructor(
    private readonly names: FunctionNames,
    private readonly operations: FunctionOperations,
  ) {}

  /** What is behind each of these names, for the tenant of the transaction. */
  async find(
    tx: TenantTransaction,
    functions: readonly string[],
  ): Promise<ReadonlyMap<string, FunctionHandler | UnusableFunction>> {
    const named = await this.names.among(tx, functions.filter(isFunctionId));
    const found = functions.map((id): [string, FunctionHandler | UnusableFunction] => {
      if (!isFunctionId(id)) return [id, { problem: new FunctionNotFoundError(id).message }];
      const target = named.get(id);
      if (!target) return [id, { problem: new FunctionNameMissingError(id).message }];
      const prepare: FunctionHandler['prepare'] = (payload, options) =>
        this.operations.prepare(target, payload, options);
      return [id, { onUnknown: target.onUnknown, prepare }];
    });
    return new Map(found);
  }
}
