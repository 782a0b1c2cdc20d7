import fc from 'fast-check';
import { ManualClock } from '../../../test/support/manual-clock';
import { RETRY_BUDGET, RetryBudgets } from './retry-budgets';

const lane = { tenantId: 't', provider: 'p', laneKey: 'default' };
const { reserve, share, perSecond, longestWaitMs } = RETRY_BUDGET;

describe('RetryBudgets', () => {
  let clock: ManualClock;
  let budgets: RetryBudgets;
  beforeEach(() => {
    clock = new ManualClock();
    budgets = new RetryBudgets(clock);
  });
  const taken = (n: number): number => Array.from({ length: n }, () => budgets.take(lane)).filter(Boolean).length;

  it('has a small reserve and then a fifth of the first tries', () => {
    expect(taken(20)).toBe(reserve);
    for (let n = 0; n < 100; n++) budgets.paidIn(lane);
    expect(taken(100)).toBe(Math.floor(100 * share + 1e-9) > reserve ? reserve : 20);
    expect(taken(1)).toBe(0);
  });

  it('pays in a little with time, so that the last ones are repeated too', async () => {
    taken(reserve);
    await clock.advance(1_000 / perSecond + 1);
    expect(taken(5)).toBe(1);
  });

  it('gives back what a retry cost that was answered', () => {
    taken(reserve);
    budgets.refund(lane);
    expect(taken(5)).toBe(1);
  });

  it('lets those wait that can, one behind another, and not for ever', () => {
    const waits = Array.from({ length: 500 }, () => budgets.promise(lane));
    expect(waits.slice(0, reserve)).toEqual(Array(reserve).fill(0));
    expect(waits.slice(reserve, reserve + 3)).toEqual([1, 2, 3].map((n) => (n / perSecond) * 1_000));
    expect(waits.at(-1)).toBe(longestWaitMs);
  });

  it('keeps lanes apart', () => {
    taken(reserve);
    expect(budgets.take({ ...lane, laneKey: 'other' })).toBe(true);
    expect(budgets.take({ ...lane, tenantId: 'other' })).toBe(true);
  });

  it('never lets retries exceed the reserve, a fifth of the first tries and what time paid in', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom('first', 'retry', 'time'), { maxLength: 300 }), async (steps) => {
        const time = new ManualClock();
        const budget = new RetryBudgets(time);
        let [first, retries] = [0, 0];
        for (const step of steps) {
          if (step === 'time') await time.advance(1_000);
          else if (step === 'first') {
            first += 1;
            budget.paidIn(lane);
          } else if (budget.take(lane)) retries += 1;
        }
        const allowed = reserve + first * share + (time.monotonicMs() / 1_000) * perSecond;
        expect(retries).toBeLessThanOrEqual(allowed + 1e-6);
      }),
      { numRuns: 50 },
    );
  });
});
