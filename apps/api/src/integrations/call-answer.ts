import { HttpStatus } from '@nestjs/common';
import type { CallResult } from '@puente/integrations';
import { isDeferred } from '@puente/kernel';
import type { FastifyReply } from 'fastify';
import { CallDeferredError, ProviderCallError } from '../http/http-errors';

/** DESIGN §4, Synchronous calls: 200, 202, 422 or 424. A read that could not be made is 502: nothing goes on. */
export function answerOf(call: string, result: CallResult, reply: FastifyReply) {
  switch (result.kind) {
    case 'done': {
      void reply.status(HttpStatus.OK);
      const { operationId, output } = result;
      return operationId === undefined ? { output } : { operationId, output };
    }
    case 'pending':
      void reply.status(HttpStatus.ACCEPTED).header('location', `/v1/operations/${result.operationId}`);
      return { operationId: result.operationId };
    case 'rejected':
      throw new ProviderCallError('PROVIDER_REJECTED', call, result.failure, result.operationId);
    case 'unauthorized':
      throw new ProviderCallError('CREDENTIALS_REJECTED', call, result.failure, result.operationId);
    case 'failed':
      if (isDeferred(result.failure)) throw new CallDeferredError(call, result.failure, result.operationId);
      throw new ProviderCallError('PROVIDER_FAILED', call, result.failure, result.operationId);
  }
}
