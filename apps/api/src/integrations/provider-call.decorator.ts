import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { requestTrace, type Trace } from '@puente/observability';
import { type AuthenticatedRequest, callerOf } from '../auth/caller.decorator';
import { InvalidRequestError } from '../http/http-errors';
import { idempotencyKeyOf } from '../http/idempotency-key.decorator';
import { wantsRespondAsync } from '../http/prefer.decorator';
import { fieldProblems } from '../http/zod.pipe';
import { ProviderOperationParams } from './provider-operations.dto';

/** A checked request to the generic route. */
export interface ProviderCall {
  readonly tenantId: string;
  readonly provider: string;
  readonly operation: string;
  readonly idempotencyKey: string | undefined;
  readonly respondAsync: boolean;
  readonly input: unknown;
  readonly trace: Trace | undefined;
}

/**
 * What the generic route reads of a request beside its query, as one parameter: Nest resolves each parameter through a
 * dozen promises, and no route is called more often. Schemas and errors are the usual ones.
 */
export const ProviderCallRequest = createParamDecorator((_: unknown, context: ExecutionContext): ProviderCall => {
  const { params, headers, body, raw } = context.switchToHttp().getRequest<AuthenticatedRequest>();
  const route = ProviderOperationParams.schema.safeParse(params);
  if (!route.success) throw new InvalidRequestError(fieldProblems(route.error));
  return {
    provider: route.data.provider,
    operation: route.data.operation,
    tenantId: callerOf(context).tenantId,
    idempotencyKey: idempotencyKeyOf(headers),
    respondAsync: wantsRespondAsync(headers),
    input: body,
    trace: requestTrace(raw),
  };
});
