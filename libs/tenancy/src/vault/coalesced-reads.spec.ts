import { CoalescedReads } from './coalesced-reads';

/** Loads that end when the test says so, each with the value that is current when it begins. */
function source(): {
  reads: CoalescedReads<number>;
  load: () => Promise<number>;
  set(to: number): void;
  end(): void;
  begun(): number;
} {
  const open: (() => void)[] = [];
  let [value, begun, now] = [1, 0, 0];
  return {
    reads: new CoalescedReads<number>(() => (now += 1)),
    load: () => {
      const seen = value;
      begun += 1;
      return new Promise((resolve) => open.push(() => resolve(seen)));
    },
    set: (to) => void (value = to),
    end: () => open.shift()?.(),
    begun: () => begun,
  };
}

describe('coalesced reads', () => {
  it('lets a hundred callers share two reads', async () => {
    const { reads, load, end, begun } = source();
    const all = Array.from({ length: 100 }, () => reads.read('k', load));
    end();
    await all[0];
    await Promise.resolve();
    end();
    await Promise.all(all);

    expect(begun()).toBe(2);
  });

  it('never answers with what was true before the caller asked', async () => {
    const { reads, load, set, end } = source();
    const before = reads.read('k', load);
    set(2);
    const after = reads.read('k', load);
    end();
    expect(await before).toBe(1);
    await Promise.resolve();
    end();

    expect(await after).toBe(2);
  });

  it('answers with what was read after the time that is named, and reads again for a later one', async () => {
    const { reads, load, set, end, begun } = source();
    const first = reads.read('k', load); // begins at 1
    const joined = reads.read('k', load, 0.5);
    end();
    expect([await first, await joined]).toEqual([1, 1]);
    set(2);
    expect(await reads.read('k', load, 0.5)).toBe(1);
    const later = reads.read('k', load, 1.5);
    end();

    expect(await later).toBe(2);
    expect(begun()).toBe(2);
  });

  it('reads ahead of those who go by a time, who wait for nothing, and takes no failure of it for an answer', async () => {
    let [now, begun] = [0, 0];
    const reads = new CoalescedReads<number>(() => now, 10);
    const load = (): Promise<number> => {
      begun += 1;
      return begun === 2 ? Promise.reject(new Error('away')) : Promise.resolve(begun);
    };
    await reads.read('k', load);
    now = 5;
    await reads.read('k', load, -1);
    expect(begun).toBe(1);

    now = 11;
    expect(await reads.read('k', load, -1)).toBe(1);
    expect(begun).toBe(2);
    await new Promise((resolve) => setImmediate(resolve));

    expect(await reads.read('k', load, -1)).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(await reads.read('k', load, 10)).toBe(3);
  });

  it('keeps keys apart and forgets a key nobody reads', async () => {
    const { reads, load, end, begun } = source();
    const [a, b] = [reads.read('a', load), reads.read('b', load)];
    end();
    end();
    await Promise.all([a, b]);
    const again = reads.read('a', load);
    end();
    await again;

    expect(begun()).toBe(3);
  });

  it('lets the next caller try again after a failure', async () => {
    const reads = new CoalescedReads<number>(() => 0);
    const failed = reads.read('k', () => Promise.reject(new Error('down')));
    const next = reads.read('k', () => Promise.resolve(7));

    await expect(failed).rejects.toThrow('down');
    await expect(next).resolves.toBe(7);
    await expect(reads.read('k', () => Promise.resolve(8))).resolves.toBe(8);
  });
});
