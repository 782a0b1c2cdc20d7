import { deeperThan } from './json-body.parser';

describe('deeperThan', () => {
  it('counts brackets, not the ones inside strings', () => {
    expect(deeperThan(2, '{"a":[1]}')).toBe(false);
    expect(deeperThan(2, '{"a":[{}]}')).toBe(true);
    expect(deeperThan(1, '{"a":"[[[[\\"[["}')).toBe(false);
  });

  it('forgets what is closed', () => {
    expect(deeperThan(1, '[],[],[]')).toBe(false);
  });

  it('reads a megabyte in a few milliseconds', () => {
    expect(deeperThan(32, '['.repeat(1_000_000))).toBe(true);
    expect(deeperThan(32, '"'.concat('['.repeat(1_000_000)))).toBe(false);
  });
});
