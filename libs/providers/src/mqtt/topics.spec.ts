import fc from 'fast-check';
import { PacketSizeGuard } from './packet-size-guard';
import { filterProblem, fits, topicProblem } from './topics';

describe('a filter', () => {
  it.each([
    ['a/b', 'a/b', true],
    ['a/b', 'a/b/c', false],
    ['a/+', 'a/b', true],
    ['a/+', 'a', false],
    ['a/+/c', 'a/b/c', true],
    ['a/#', 'a', true],
    ['a/#', 'a/b/c', true],
    ['#', 'a/b', true],
    ['+/+', '/b', true],
    ['#', '$SYS/x', false],
    ['+/x', '$SYS/x', false],
  ])('%s and topic %s: %s', (filter, topic, expected) => {
    expect(fits(topic, filter)).toBe(expected);
    expect(filterProblem(filter)).toBeUndefined();
  });

  it.each(['', 'a/#/b', 'a#', 'a+', '+a/b', 'a\nb', '$share/x/y', `${'a/'.repeat(100)}a`])('%j is none', (filter) => {
    expect(filterProblem(filter)).toBeDefined();
  });

  it('without wildcards is a topic, which only it fits', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z ñ]{0,5}$/), { minLength: 1, maxLength: 5 }), (levels) => {
        const topic = levels.join('/');
        fc.pre(topicProblem(topic) === undefined);
        return fits(topic, topic) && !fits(`${topic}/x`, topic) && fits(`${topic}/x`, `${topic}/#`);
      }),
    );
  });
});

describe('the guard of sizes', () => {
  const packet = (length: number): Buffer => {
    const size: number[] = [];
    for (let rest = length; ; rest = Math.floor(rest / 128)) {
      size.push((rest % 128) + (rest >= 128 ? 128 : 0));
      if (rest < 128) break;
    }
    return Buffer.from([0x30, ...size, ...Buffer.alloc(length, 0xff)]);
  };

  it('admits packets up to the limit and none beyond, however the bytes are cut', () => {
    const lengths = fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 8 });
    fc.assert(
      fc.property(lengths, fc.integer({ min: 1, max: 50 }), (all, step) => {
        const guard = new PacketSizeGuard(300);
        const bytes = Buffer.concat(all.map(packet));
        let isAdmitted = true;
        for (let at = 0; at < bytes.length && isAdmitted; at += step)
          isAdmitted = guard.admits(bytes.subarray(at, at + step));
        return isAdmitted === all.every((length) => length <= 300);
      }),
    );
  });

  it('ends a length that never ends', () => {
    expect(new PacketSizeGuard(300).admits(Buffer.from([0x30, 0x80, 0x80, 0x80, 0x80, 0x01]))).toBe(false);
  });
});
