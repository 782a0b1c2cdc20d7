import { WriteBatcher } from './write-batcher';

describe('write batcher', () => {
  /** Writes that end when told to. */
  function manual(
    inFlight: number,
    maxItems = 10,
  ): { batcher: WriteBatcher<string, string>; writes: string[][]; end: (error?: Error) => Promise<void> } {
    const writes: string[][] = [];
    const open: (() => void)[] = [];
    let failure: Error | undefined;
    const batcher = new WriteBatcher<string, string>(
      async (items) => {
        writes.push([...items]);
        await new Promise<void>((resolve) => open.push(resolve));
        if (failure) throw failure;
        return items.map((item) => item.toUpperCase());
      },
      { inFlight, maxItems },
    );
    const end = async (error?: Error): Promise<void> => {
      failure = error;
      open.shift()?.();
      await new Promise((resolve) => setImmediate(resolve));
    };
    return { batcher, writes, end };
  }

  it('writes at once when idle, and joins what gathers meanwhile, in order', async () => {
    const { batcher, writes, end } = manual(1);
    const results = [batcher.add(['a']), batcher.add(['b', 'c']), batcher.add(['d'])];
    expect(writes).toEqual([['a']]);
    await end();
    expect(writes).toEqual([['a'], ['b', 'c', 'd']]);
    await end();
    expect(await Promise.all(results)).toEqual([['A'], ['B', 'C'], ['D']]);
  });

  it('splits between calls, never inside one', async () => {
    const { batcher, writes, end } = manual(1, 3);
    void batcher.add(['a']);
    void batcher.add(['b', 'c']);
    void batcher.add(['d', 'e']);
    void batcher.add(['f', 'g', 'h', 'i']);
    for (let i = 0; i < 4; i += 1) await end();
    expect(writes).toEqual([['a'], ['b', 'c'], ['d', 'e'], ['f', 'g', 'h', 'i']]);
  });

  it('fails those of a failed write, and goes on with the next', async () => {
    const { batcher, end } = manual(1);
    const first = expect(batcher.add(['a'])).rejects.toThrow('disk full');
    const second = batcher.add(['b']);
    await end(new Error('disk full'));
    await first;
    await end();
    expect(await second).toEqual(['B']);
  });

  it('has as many writes under way as allowed', () => {
    const { batcher, writes } = manual(2);
    for (const item of ['a', 'b', 'c']) void batcher.add([item]);
    expect(writes).toEqual([['a'], ['b']]);
  });
});
