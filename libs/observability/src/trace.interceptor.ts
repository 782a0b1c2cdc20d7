import { Injectable } from '@nestjs/common';
import { type CallInterceptor, changedCall, type NextCall, type Outcome, type ProviderCall } from '@puente/kernel';
import { currentTrace, newTraceId, runInTrace } from './trace';

/**
 * One trace id from the request that asked to the provider that is called, also when a worker calls hours later: the
 * ledger keeps the id, and this link puts it into the call.
 *
 * It opens a context only within another one, that of a request: Node 20 makes each promise of a process dearer as soon
 * as it has a context, which a worker need not pay for. Whoever logs about a call takes the ids from it: {@link callTrace}.
 */
@Injectable()
export class TraceInterceptor implements CallInterceptor {
  intercept(call: ProviderCall, next: NextCall): Promise<Outcome> {
    const current = currentTrace();
    const traceId = call.traceId ?? current?.traceId ?? newTraceId();
    const traced = call.traceId === undefined ? changedCall(call, { traceId }) : call;
    if (!current || current.traceId === traceId) return next(traced);
    const requestId = call.operationId ?? current.requestId;
    return runInTrace({ requestId, traceId, tenantId: call.tenantId }, () => next(traced));
  }
}
