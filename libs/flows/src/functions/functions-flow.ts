import { Injectable } from '@nestjs/common';
import { TenantDatabase } from '@puente/database';
import type { CallResult } from '@puente/integrations';
import { FunctionNames } from './function-names';
import { FunctionOperations } from './function-operations';
import { FunctionNameMissingError, FunctionNotFoundError } from './functions.errors';
import { FUNCTIONS, isFunctionId } from './known-functions';

export interface InvokeOptions {
  /** The caller's `Idempotency-Key`: the same key gives the same invocation, whatever happened in between. */
  readonly idempotencyKey?: string | undefined;
  /** How long the caller waits for a function that is invoked for its answer. */
  readonly waitMs?: number | undefined;
  readonly respondAsync?: boolean | undefined;
}

/**
 * Invokes the functions of S0.2 for clients, who know what they are for and not what AWS calls them.
 *
 * One that is invoked for its answer is called while the caller waits. One that nobody waits for (`Event`) is accepted into
 * the ledger and invoked by a worker: the caller does not wait for AWS, and what was accepted survives any process.
 */
@Injectable()
export class FunctionsFlow {
  constructor(
    private readonly database: TenantDatabase,
    private readonly names: FunctionNames,
    private readonly operations: FunctionOperations,
  ) {}

  /**
   * @param payload JSON text; the function gets exactly these bytes
   * @throws {FunctionNotFoundError} {@link FunctionNameMissingError}
   * @throws what `IntegrationGateway.call` throws
   */
  async invoke(tenantId: string, id: string, payload: string, options: InvokeOptions = {}): Promise<CallResult> {
    if (!isFunctionId(id)) throw new FunctionNotFoundError(id);
    const named = (await this.database.run(tenantId, (tx) => this.names.among(tx, [id]))).get(id);
    if (!named) throw new FunctionNameMissingError(id);
    const { idempotencyKey: key, waitMs: deadlineMs, respondAsync } = options;
    const route = `POST /v1/functions/${id}/invocations`;
    return this.operations.call(named, payload, {
      tenantId,
      deadlineMs,
      respondAsync: respondAsync === true || FUNCTIONS[id].invocationType === 'Event',
      idempotency: key === undefined ? undefined : { route, key, request: payload },
    });
  }
}
