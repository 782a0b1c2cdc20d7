import { jsonLine } from './json-line';

describe('a line of an export', () => {
  it('shows what it holds, whatever it holds, and loses nothing (T31)', () => {
    const ansi = '\u001b[2J\u009b31m';
    const value = {
      ['na\u202eme']: `${ansi} a\nb\r\u2028\u2029 \u202e gnp.exe \u200b\ufeff \u{e0041} =cmd|' /C calc'!A0`,
      emoji: '👩‍🚀 ñ',
      half: '\ud800',
      deep: [{ ['\u0085']: null }],
    };
    const line = jsonLine(value);

    expect(line).toMatch(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]*\n$/u);
    expect(JSON.parse(line)).toEqual(value);
    expect(line).toContain('ñ');
  });
});
