import { GroupCommit, done } from './group-commit';

describe('a group commit', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  function committing(spacingMs?: number) {
    const groups: { readonly size: number; readonly atMs: number }[] = [];
    const begunMs = performance.now();
    const group = new GroupCommit<number, number>(
      { maxSize: 100, maxInFlight: 2, waitMs: 3, ...(spacingMs === undefined ? {} : { spacingMs }) },
      (items) => {
        groups.push({ size: items.length, atMs: performance.now() - begunMs });
        return Promise.resolve(items.map(done));
      },
    );
    const add = (count: number): void => {
      for (let at = 0; at < count; at++) void group.add(at);
    };
    return { add, groups };
  }

  it('lets one that comes alone leave at once, also right after another one', async () => {
    const { add, groups } = committing(12);
    for (let at = 0; at < 3; at++) {
      add(1);
      await jest.advanceTimersByTimeAsync(0);
    }
    expect(groups).toEqual([1, 1, 1].map((size) => ({ size, atMs: 0 })));
  });

  it('keeps the next group back for a millisecond per item of the last one, and no longer than it is told', async () => {
    const { add, groups } = committing(12);
    add(6);
    await jest.advanceTimersByTimeAsync(0);
    for (let ms = 0; ms < 20; ms++) {
      add(4);
      await jest.advanceTimersByTimeAsync(1);
    }
    await jest.advanceTimersByTimeAsync(20);

    expect(groups.map(({ atMs }) => atMs)).toEqual([0, 5, 17, 29]);
    expect(groups.reduce((sum, { size }) => sum + size, 0)).toBe(86);
  });

  it('never keeps a full group back', async () => {
    const { add, groups } = committing(1_000);
    add(100);
    add(100);
    await jest.advanceTimersByTimeAsync(0);
    expect(groups).toEqual([100, 100].map((size) => ({ size, atMs: 0 })));
  });

  it('waits for nothing where it is not told to', async () => {
    const { add, groups } = committing();
    add(50);
    await jest.advanceTimersByTimeAsync(0);
    add(5);
    await jest.advanceTimersByTimeAsync(0);
    expect(groups.map(({ atMs }) => atMs)).toEqual([0, 0]);
  });
});
