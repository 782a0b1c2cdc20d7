import { decimalText, exactDecimal, parseExact, stringifyExact } from './exact-json';

describe('exact JSON', () => {
  it.each(['0.10', '1500.00', '99999999999.99', '-0.001', '12345678901234567890.123456789', '100000.10'])(
    'writes %s with exactly these digits',
    (digits) => {
      expect(stringifyExact({ amount: exactDecimal(digits) })).toBe(`{"amount":${digits}}`);
    },
  );

  it('writes everything else as JSON.stringify does', () => {
    const value = { a: [1, -0.5, 'x"\\ñ🎉', true, null, {}], b: { c: [] } };
    expect(stringifyExact(value)).toBe(JSON.stringify(value));
  });

  it.each<[string, unknown]>([
    ['undefined', { a: undefined }],
    ['a whole number beyond 2^53', 2 ** 53],
    ['NaN', NaN],
    ['a bigint', 1n],
    ['a decimal that is none', { $decimal: '1e5' }],
    ['a decimal with company', { $decimal: '1', other: 1 }],
  ])('refuses %s', (_what, value) => {
    expect(() => stringifyExact(value)).toThrow();
  });

  it.each(['1e3', '1,5', '', '.5', '0x10', 'NaN'])('takes no "%s" for a decimal', (digits) => {
    expect(() => exactDecimal(digits)).toThrow('without losing digits');
  });

  it('reads what doubles carry as numbers, and other fractions as their digits', () => {
    const text =
      '{"a":1500.0,"b":99999999999.99,"c":[0.30000000000000004,1e-07],"d":12345678901234567.89,"e":9007199254740991}';
    expect(parseExact(text)).toEqual({
      a: 1500,
      b: 99999999999.99,
      c: [0.30000000000000004, 1e-7],
      d: { $decimal: '12345678901234567.89' },
      e: 9007199254740991,
    });
  });

  it.each(['9007199254740993', '[12345678901234567890]', '1e400'])('refuses %s: it would be another number', (text) => {
    expect(() => parseExact(text)).toThrow('without losing digits');
  });

  it('gives the digits of an amount back, however it came', () => {
    expect([1500, 0.1, exactDecimal('99999999999.99')].map(decimalText)).toEqual(['1500', '0.1', '99999999999.99']);
  });

  it('leaves digits inside texts alone', () => {
    const text = '{"clabe":"012345678901234567890","quote":"\\"12345678901234567890\\\\","n":1}';
    expect(parseExact(text)).toEqual(JSON.parse(text));
  });
});
