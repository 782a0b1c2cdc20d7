import { ManualClock } from '../../../../test/support/manual-clock';
import { ToldDecisions } from '../../../../test/support/told-decisions';
import type { CallQuota } from '../ports/call-quotas.port';
import { CountingStore, sampleQuota } from './counting-store.fixture';
import { QuotaLeases } from './quota-leases';

describe('the quotas of a process', () => {
  let clock: ManualClock;
  let store: CountingStore;
  let decisions: ToldDecisions;
  let leases: QuotaLeases;
  beforeEach(() => {
    clock = new ManualClock();
    store = new CountingStore(clock);
    decisions = new ToldDecisions();
    leases = process();
  });

  const process = () => new QuotaLeases(store, decisions, clock);
  /** @returns how many of so many calls were admitted */
  const admitted = async (calls: number, quota: CallQuota, by = leases): Promise<number> => {
    let sum = 0;
    for (let call = 0; call < calls; call += 1) if ((await by.admit(quota)).admitted) sum += 1;
    return sum;
  };

  it('a small quota is exact, for one process and for several', async () => {
    const quota = sampleQuota();
    const other = process();

    expect(await admitted(4, quota)).toBe(4);
    expect(await admitted(9, quota, other)).toBe(6);
    expect(await leases.admit(quota)).toEqual({ admitted: false, resetsInMs: 1_000 });
  });

  it('a window ends when the store says so, and the next one has the whole quota', async () => {
    await clock.advance(250);
    expect(await admitted(12, sampleQuota())).toBe(10);

    await clock.advance(999);
    expect(await leases.admit(sampleQuota())).toEqual({ admitted: false, resetsInMs: 1 });
    await clock.advance(1);
    expect(await admitted(12, sampleQuota())).toBe(10);
  });

  it('a quota of thousands a second costs a few queries, and not one call more than it', async () => {
    const quota = sampleQuota({ limit: 10_000 });
    const processes = [leases, process(), process()];
    let sum = 0;
    for (let round = 0; round < 4_000; round += 1) for (const each of processes) sum += await admitted(1, quota, each);

    expect(sum).toBe(10_000);
    expect(store.asked.length).toBeLessThan(120);

    await clock.advance(1_000);
    const before = store.asked.length;
    expect(await admitted(10_001, quota)).toBe(10_000);
    expect(store.asked.length - before).toBeLessThan(40);
  });

  it('admits without a promise while points are in hand', async () => {
    const quota = sampleQuota({ limit: 10_000 });
    await admitted(20, quota);

    const asked = store.asked.length;
    expect(leases.admit(quota)).toEqual({ admitted: true });
    expect(store.asked.length).toBe(asked);
  });

  it('an idle process holds next to nothing back', async () => {
    const quota = sampleQuota({ limit: 10_000 });
    for (let each = 0; each < 20; each += 1) await admitted(1, quota, process());

    expect(await admitted(10_000, quota)).toBe(9_980);
  });

  it('calls that wait together ask once', async () => {
    const all = await Promise.all(Array.from({ length: 12 }, async () => leases.admit(sampleQuota())));

    expect(all.filter((each) => each.admitted)).toHaveLength(10);
    expect(store.asked.length).toBeLessThanOrEqual(3);
  });

  it('a call may cost many points; more than there ever are is all there are', async () => {
    const batch = sampleQuota({ cost: 4 });
    expect(await admitted(3, batch)).toBe(2);
    expect(await admitted(3, sampleQuota())).toBe(2); // what is left is for who needs less
    await clock.advance(1_000);
    expect(await admitted(2, sampleQuota({ cost: 11 }))).toBe(1);
  });

  it('what is given back may be spent again', async () => {
    await admitted(10, sampleQuota());
    leases.giveBack(sampleQuota());

    expect(await admitted(2, sampleQuota())).toBe(1);
  });

  it('who comes when all is used up is placed behind who came before', async () => {
    const quota = sampleQuota({ limit: 2 });
    await admitted(3, quota);

    expect([1, 2, 3, 4, 5].map(() => leases.placeInLine(quota))).toEqual([1_000, 1_000, 2_000, 2_000, 3_000]);
    for (let call = 0; call < 5_000; call += 1) leases.placeInLine(quota);
    expect(leases.placeInLine(quota)).toBe(15 * 60_000);
  });

  describe('a provider that says what is left', () => {
    const perMinute = sampleQuota({ limit: 100, windowMs: 60_000 });

    it('is believed at once when less is left than we counted, and the other processes hear of it', async () => {
      await admitted(1, perMinute);
      leases.observe(perMinute, { limit: 100, remaining: 3, resetsInMs: 60_000 });

      expect(store.observed).toEqual([{ limit: 100, remaining: 3, resetsInMs: 60_000 }]);
      expect(await admitted(10, perMinute, process())).toBe(3);
      expect(await admitted(10, perMinute)).toBe(0);
    });

    it('ends our window when its own ends', async () => {
      await admitted(1, perMinute);
      leases.observe(perMinute, { remaining: 0, resetsInMs: 7_000 });

      expect(await leases.admit(perMinute)).toEqual({ admitted: false, resetsInMs: 7_000 });
      await clock.advance(7_000);
      expect((await leases.admit(perMinute)).admitted).toBe(true);
    });

    it('knows better how much there is in all', async () => {
      await admitted(1, perMinute);
      leases.observe(perMinute, { limit: 500, remaining: 499 });

      expect(await admitted(600, perMinute)).toBe(499);
    });

    it('has not seen the calls that are on their way: more than we counted gives nothing back', async () => {
      await admitted(60, perMinute);
      leases.observe(perMinute, { limit: 100, remaining: 90, resetsInMs: 60_000 });

      expect(await admitted(100, perMinute)).toBe(40);
    });

    it('is told to the others once a second at most', async () => {
      await admitted(1, perMinute);
      for (const remaining of [50, 30, 10]) leases.observe(perMinute, { limit: 100, remaining, resetsInMs: 60_000 });

      expect(store.observed).toHaveLength(1);
    });

    it('is all that counts where no limit is declared', async () => {
      const untold = sampleQuota({ windowMs: 0, limit: Number.MAX_SAFE_INTEGER });
      expect(await admitted(100, untold)).toBe(100);

      leases.observe(untold, { limit: 60, remaining: 0, resetsInMs: 5_000 });
      expect(await leases.admit(untold)).toEqual({ admitted: false, resetsInMs: 5_000 });
      await clock.advance(5_000);
      expect(await admitted(2, untold)).toBe(2);
      leases.observe(untold, { limit: 60, remaining: 59, resetsInMs: 60_000 });
      expect(await admitted(2, untold)).toBe(2);
      expect(store.asked).toEqual([]);
    });
  });

  describe('the warning of S4.4', () => {
    const perMinute = sampleQuota({ limit: 100, windowMs: 60_000 });

    it('is there below a fifth and not at exactly a fifth, once per window', async () => {
      await admitted(80, perMinute);
      expect(leases.low(perMinute)).toBeUndefined();
      await admitted(1, perMinute);
      expect(leases.low(perMinute)).toEqual({ limit: 100, remaining: 19 });
      await admitted(1, perMinute);
      expect(leases.low(perMinute)).toBeUndefined();

      await clock.advance(60_000);
      await admitted(81, perMinute);
      expect(leases.low(perMinute)).toEqual({ limit: 100, remaining: 19 });
    });

    it('follows the provider’s own numbers', () => {
      leases.observe(perMinute, { limit: 5_000, remaining: 1_000, resetsInMs: 60_000 });
      expect(leases.low(perMinute)).toBeUndefined();
      leases.observe(perMinute, { limit: 5_000, remaining: 999, resetsInMs: 60_000 });
      expect(leases.low(perMinute)).toEqual({ limit: 5_000, remaining: 999 });
    });

    it('of a quota by the second comes once a minute', async () => {
      let warnings = 0;
      for (let second = 0; second < 60; second += 1) {
        await admitted(10, sampleQuota());
        if (leases.low(sampleQuota())) warnings += 1;
        await clock.advance(1_000);
      }
      expect(warnings).toBe(1);
    });
  });

  it('tells how much was used at most since it was asked', async () => {
    await admitted(7, sampleQuota());
    expect(leases.takeUse()).toEqual([{ ...sampleQuota().owner, usedPercent: 70 }]);
    expect(leases.takeUse()).toEqual([]);
    await admitted(7, sampleQuota({ key: 'chosen', chosen: true }));
    expect(leases.takeUse()).toEqual([]);
  });

  describe('counters that do not answer', () => {
    it('stop no call: the process counts for itself, says so once, and goes back', async () => {
      store.isAway = true;
      expect(await admitted(12, sampleQuota())).toBe(10);
      expect(decisions.events).toEqual(['quotaStoreLost']);

      store.isAway = false;
      await clock.advance(1_000);
      expect(await admitted(12, sampleQuota())).toBe(10);
      expect(decisions.told.at(-1)).toEqual(['quotaStoreBack', 1_000]);
    });

    it('are not waited for: a call goes on after half a second', async () => {
      store.take = () => new Promise(() => undefined);
      const admission = leases.admit(sampleQuota());
      await clock.advance(500);

      expect(await admission).toEqual({ admitted: true });
      expect((await leases.admit(sampleQuota())).admitted).toBe(true); // and the next one asks nobody
    });
  });
});
