import { harmlessJson, harmlessText } from './harmless-text';

describe('harmless text', () => {
  it.each([
    ['a new line', 'a\nb', 'a\\u{a}b'],
    ['an ANSI sequence', '\u001b[31mred', '\\u{1b}[31mred'],
    ['a direction override', 'txt.\u202Eexe', 'txt.\\u{202e}exe'],
    ['a zero-width space', 'ad\u200Bmin', 'ad\\u{200b}min'],
    ['NUL', 'a\u0000b', 'a\\u{0}b'],
    ['half of a surrogate pair', 'a\uD800b', 'a\\u{d800}b'],
    ['a line separator', 'a\u2028b', 'a\\u{2028}b'],
  ])('spells out %s (T31)', (_, text, shown) => {
    expect(harmlessText(text)).toBe(shown);
  });

  it('leaves ordinary text of any language alone', () => {
    expect(harmlessText('Ñandú S.A. – 日本 🚀 =1+1')).toBe('Ñandú S.A. – 日本 🚀 =1+1');
  });

  it('cuts what is too long and too deep, visibly', () => {
    expect(harmlessText('x'.repeat(600))).toBe(`${'x'.repeat(500)}…`);
    expect(JSON.stringify(harmlessJson({ a: { b: { c: { d: { e: { f: { g: { h: { i: 1 } } } } } } } } }))).toContain(
      '[deeper]',
    );
    expect(harmlessJson({ 'a\n': ['b\r', 1, null, true] })).toEqual({ 'a\\u{a}': ['b\\u{d}', 1, null, true] });
  });
});
