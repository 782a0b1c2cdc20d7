import { OPERATION_STATES, type OperationView } from '@puente/ledger';
import { type CallResult, resultOfView } from './call-result';
import { type ExternalServiceException, outputOrThrow } from './external-service.exception';

const view = (over: Partial<OperationView>): OperationView => ({
  id: 'op-1',
  tenantId: 't',
  provider: 'echo',
  operation: 'send',
  integration: 'default',
  laneKey: 'default',
  orderKey: null,
  effect: 'once',
  onUnknown: 'review',
  state: 'succeeded',
  attempt: 1,
  repeats: 0,
  maybeSent: false,
  output: null,
  failure: null,
  providerCode: null,
  providerStatus: null,
  failureMessage: null,
  replayOf: null,
  payloadExpiredAt: null,
  routeKey: null,
  nextAttemptAt: new Date(),
  deadlineAt: null,
  createdAt: new Date(),
  updatedAt: new Date(),
  settledAt: null,
  ...over,
});

describe('the answer of an operation that is in the ledger already', () => {
  it('is the first answer, once there is one', () => {
    expect(resultOfView(view({ output: { id: '1' } }))).toEqual({
      kind: 'done',
      output: { id: '1' },
      operationId: 'op-1',
    });
    const evidence = { providerCode: 'no', providerStatus: 422, failureMessage: 'why' };
    expect(resultOfView(view({ state: 'rejected', failure: 'rejected', ...evidence }))).toEqual({
      kind: 'rejected',
      failure: { kind: 'rejected', code: 'no', status: 422, message: 'why' },
      operationId: 'op-1',
    });
    expect(resultOfView(view({ state: 'rejected', failure: 'unauthorized' })).kind).toBe('unauthorized');
    expect(resultOfView(view({ state: 'exhausted', failure: 'throttled' }))).toMatchObject({
      kind: 'failed',
      failure: { kind: 'throttled' },
    });
  });

  it('is "see the operation" in every state that says less', () => {
    const said = OPERATION_STATES.filter((state) => resultOfView(view({ state })).kind === 'pending');

    expect(said).toEqual(['queued', 'running', 'unknown', 'needs_review', 'cancelled', 'dropped']);
  });
});

describe('outputOrThrow', () => {
  const thrown = (result: CallResult): unknown => {
    try {
      return outputOrThrow('echo', 'send', result);
    } catch (error) {
      return (error as ExternalServiceException).call;
    }
  };

  it('gives the output, or tells the caller what the failure means', () => {
    expect(thrown({ kind: 'done', output: 7 })).toBe(7);
    expect(thrown({ kind: 'failed', failure: { kind: 'throttled', retryAfterMs: 5, code: 'slow' } })).toEqual({
      service: 'echo',
      operation: 'send',
      failure: 'throttled',
      providerCode: 'slow',
      retryAfterMs: 5,
    });
  });

  it('calls a call that still goes on unknown: it may have happened', () => {
    expect(thrown({ kind: 'pending', operationId: 'op-1' })).toMatchObject({ failure: 'unknown', operationId: 'op-1' });
  });
});
