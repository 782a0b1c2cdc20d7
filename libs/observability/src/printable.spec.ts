import { MAX_EXCERPT, printable } from './printable';

describe('printable', () => {
  it('makes one line of many and drops what would steer a terminal', () => {
    expect(printable('a\r\nb\tc\u0000d')).toBe('a b c d');
    expect(printable('\u001b[31mred\u001b[0m \u001b]0;title\u0007end')).toBe('red end');
    expect(printable('\u009b31mred')).toBe(' 31mred');
  });

  it('drops marks that change the reading direction or hide text', () => {
    expect(printable('pay \u202eelpoep\u202c now\u200b\ufeff')).toBe('pay elpoep now');
  });

  it('keeps accents and characters outside the basic plane', () => {
    expect(printable('peña 🎉 日本')).toBe('peña 🎉 日本');
  });

  it('cuts at the limit, never through a character, and says that it cut', () => {
    expect(printable('x'.repeat(MAX_EXCERPT))).toHaveLength(MAX_EXCERPT);
    const cut = printable(`${'x'.repeat(MAX_EXCERPT - 2)}🎉🎉🎉`);
    expect(cut).toBe(`${'x'.repeat(MAX_EXCERPT - 2)}…`);
  });

  it('replaces half a surrogate pair, which no database column could store', () => {
    expect(printable('a\ud800b')).toBe('a\ufffdb');
  });

  it('looks at the beginning of an endless text only', () => {
    const startedMs = performance.now();
    expect(printable('\u001b]'.repeat(5_000_000)).length).toBeLessThanOrEqual(MAX_EXCERPT);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });
});
