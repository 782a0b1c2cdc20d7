import { deferred, notSent, ok, type Outcome, unknown } from '@puente/kernel';
import { verdictOn } from './call-verdict';

describe('what a call says of its provider', () => {
  it.each<[ReturnType<typeof verdictOn>, Outcome]>([
    ['answered', ok(1)],
    ['answered', { kind: 'rejected', status: 422 }],
    ['answered', { kind: 'unauthorized', status: 401 }],
    ['failed', { kind: 'throttled', status: 429 }],
    ['failed', notSent('connect')],
    ['failed', notSent('refused')],
    ['failed', unknown('server_error')],
    ['failed', unknown('timeout')],
    ['failed', unknown('reset')],
    ['failed', unknown('bad_body')],
    ['nothing', deferred('quota', 1_000)],
    ['nothing', deferred('lane', 1_000)],
    ['nothing', notSent('deadline')],
    ['nothing', notSent('connect', { code: 'CREDENTIALS_UNREADABLE' })],
    ['nothing', { kind: 'unauthorized', code: 'CREDENTIALS_MISSING' }],
    ['nothing', { kind: 'unauthorized', code: 'TENANT_SUSPENDED', withheld: true }],
    ['nothing', unknown('internal')],
  ])('%s: %j', (verdict, outcome) => {
    expect(verdictOn(outcome)).toBe(verdict);
  });
});
