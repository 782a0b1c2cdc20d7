import { inspect } from 'node:util';
import {
  chain,
  isUuid,
  type NextCall,
  type ProviderCall,
  Secret,
  SystemClock,
  failureClass,
  unknown,
  uuidv7,
} from './index';

describe('Secret', () => {
  it('prints nothing by any of the usual ways, and gives its value only when asked', () => {
    const secret = new Secret('hunter2');

    const printed = [
      String(secret),
      JSON.stringify({ secret }),
      inspect({ secret }, { depth: 5, showHidden: true }),
      secret.toString(),
    ];

    expect(printed.join()).not.toContain('hunter2');
    expect(secret.reveal()).toBe('hunter2');
  });
});

describe('uuidv7', () => {
  it('is a version 7 UUID that carries its time and sorts by it', () => {
    const ids = [1, 2 ** 31, 2 ** 40, 1_764_000_000_000].map((ms) => uuidv7(ms));

    expect(ids.every(isUuid)).toBe(true);
    expect(ids.every((id) => id.charAt(14) === '7')).toBe(true);
    expect([...ids].sort()).toEqual(ids);
  });

  it('does not repeat within a millisecond', () => {
    const ids = new Set(Array.from({ length: 10_000 }, () => uuidv7(1)));
    expect(ids.size).toBe(10_000);
  });
});

describe('failureClass', () => {
  it('sorts unknown outcomes by what was lost', () => {
    expect(failureClass(unknown('server_error'))).toBe('server_error');
    expect(failureClass(unknown('timeout'))).toBe('timeout');
    expect(failureClass(unknown('bad_body'))).toBe('reset');
    expect(failureClass({ kind: 'throttled' })).toBe('throttled');
  });
});

describe('chain', () => {
  it('runs the first interceptor outermost', async () => {
    const seen: string[] = [];
    const link = (name: string) => ({
      intercept: async (call: ProviderCall, next: NextCall) => {
        seen.push(`${name} in`);
        const outcome = await next(call);
        seen.push(`${name} out`);
        return outcome;
      },
    });

    await chain([link('a'), link('b')], () => Promise.resolve({ kind: 'ok', output: 1 }))({} as ProviderCall);

    expect(seen).toEqual(['a in', 'b in', 'b out', 'a out']);
  });
});

describe('SystemClock.sleep', () => {
  it('ends at once when the signal aborts', async () => {
    const abort = new AbortController();
    const slept = new SystemClock().sleep(60_000, abort.signal);
    abort.abort();
    await expect(slept).resolves.toBeUndefined();
  });
});
