import { Injectable } from '@nestjs/common';
import { type CallInterceptor, type NextCall, type Outcome, type ProviderCall, uuidv7 } from '@puente/kernel';
import { currentTrace, newTraceId, runInTrace } from './trace';

/**
 * One trace id from the request that asked to the provider that is called, also when a worker calls hours later: the
 * ledger keeps the id, and this link opens it again.
 */
@Injectable()
export class TraceInterceptor implements CallInterceptor {
  intercept(call: ProviderCall, next: NextCall): Promise<Outcome> {
    const current = currentTrace();
    const traceId = call.traceId ?? current?.traceId ?? newTraceId();
    const traced = { ...call, traceId };
    if (current?.traceId === traceId) return next(traced);
    const requestId = call.operationId ?? current?.requestId ?? uuidv7();
    return runInTrace({ requestId, traceId, tenantId: call.tenantId }, () => next(traced));
  }
}
