import { canonicalJson } from './canonical-json';

describe('canonical JSON', () => {
  it('is the same for equal values, in whatever order they were written', () => {
    expect(canonicalJson({ b: [1, { d: 1.0, c: 'x' }], a: null })).toBe('{"a":null,"b":[1,{"c":"x","d":1}]}');
  });

  it('differs for different values, also where JavaScript might not see it', () => {
    const texts = ['{"__proto__":1}', '{}', '{"a":"1"}', '{"a":1}', '[1]', '["1"]', '{"toString":1}'];
    expect(new Set(texts.map((text) => canonicalJson(JSON.parse(text)))).size).toBe(texts.length);
  });

  it('refuses what has no JSON form', () => {
    expect(() => canonicalJson(undefined)).toThrow(TypeError);
    expect(() => canonicalJson(Number.NaN)).toThrow();
  });
});
