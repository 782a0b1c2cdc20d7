import { execFileSync } from 'node:child_process';
import type { IncomingMessage } from 'node:http';
import path from 'node:path';
import { beginRequestTrace, identifyCaller } from './request-trace';
import { currentTrace, runInTrace, traceFrom, traceIdOf, traceparent } from './trace';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';

describe('trace', () => {
  it('takes the trace id of a valid traceparent and gives it on under a new span', () => {
    const header = `00-${TRACE_ID}-00f067aa0ba902b7-01`;

    expect(traceIdOf(header)).toBe(TRACE_ID);
    expect(traceIdOf(traceparent(TRACE_ID))).toBe(TRACE_ID);
    expect(traceparent(TRACE_ID)).not.toBe(header);
  });

  it.each([
    ['all zero trace', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`],
    ['all zero parent', `00-${TRACE_ID}-${'0'.repeat(16)}-01`],
    ['forbidden version', `ff-${TRACE_ID}-00f067aa0ba902b7-01`],
    ['upper case', `00-${TRACE_ID.toUpperCase()}-00f067aa0ba902b7-01`],
    ['rubbish', 'hello\nworld'],
    ['two headers', [`00-${TRACE_ID}-00f067aa0ba902b7-01`]],
  ])('does not take over a traceparent with %s', (_what, header) => {
    expect(traceIdOf(header)).toBeUndefined();
    expect(traceFrom({ traceparent: header }).traceId).toMatch(/^[0-9a-f]{32}$/);
  });

  it('takes over a plain request id and nothing that could break a log line or a header (T19)', () => {
    expect(traceFrom({ 'x-request-id': 'order-77' }).requestId).toBe('order-77');
    for (const bad of ['', 'a b', 'a\r\nset-cookie: x', 'x'.repeat(65), ['a', 'b']])
      expect(traceFrom({ 'x-request-id': bad }).requestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('follows the work across awaits, apart from other work, and learns the caller later', async () => {
    expect(currentTrace()).toBeUndefined();
    const work = (requestId: string) => {
      const message = { headers: { 'x-request-id': requestId } } as unknown as IncomingMessage;
      return runInTrace(beginRequestTrace(message), async () => {
        await new Promise(setImmediate);
        identifyCaller(message, { tenantId: `tenant of ${requestId}`, keyId: 'k' });
        await new Promise(setImmediate);
        return currentTrace()?.tenantId;
      });
    };

    await expect(Promise.all([work('a'), work('b')])).resolves.toEqual(['tenant of a', 'tenant of b']);
    expect(currentTrace()).toBeUndefined();
  });

  it('has Node follow promises while a trace is open, and no longer', () => {
    // In a process of its own: Jest follows promises itself.
    const register = path.resolve(__dirname, '../../../scripts/register.cjs');
    const args = ['--require', register, '--eval', FOLLOWED, path.join(__dirname, 'trace.ts')];
    expect(execFileSync(process.execPath, args, { encoding: 'utf8' })).toBe('false true false true');
  });
});

/** Only then has the continuation of a promise an id. */
const FOLLOWED = `
  const { executionAsyncId } = require('node:async_hooks');
  const { runInTrace } = require(process.argv[1]);
  const followed = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    return executionAsyncId() !== 0;
  };
  (async () => {
    const seen = [await followed()];
    seen.push(await runInTrace({ requestId: 'a' }, () => runInTrace({ requestId: 'b' }, followed)));
    seen.push(await followed());
    seen.push(await runInTrace({ requestId: 'c' }, followed));
    process.stdout.write(seen.join(' '));
  })();`;
