import fc from 'fast-check';
import { decimalsOf, decimalText, minorUnits } from './amounts';

describe('amounts', () => {
  it.each([
    ['0.10', 'MXN', 10n],
    ['0.1', 'MXN', 10n],
    ['99999999999.99', 'MXN', 9_999_999_999_999n],
    ['1500', 'CLP', 1_500n],
    ['1500.00', 'CLP', 1_500n],
    ['12.345', 'KWD', 12_345n],
    ['99999999999.999', 'TND', 99_999_999_999_999n],
    ['0', 'MXN', 0n],
    ['1500.500', 'MXN', 150_050n],
  ])('reads %s %s', (text, currency, minor) => {
    expect(minorUnits(text, currency)).toBe(minor);
  });

  it.each([
    ['0.001', 'MXN', /more decimals than MXN/],
    ['1500.5', 'CLP', /more decimals than CLP/],
    ['12.3456', 'KWD', /more decimals than KWD/],
    ['-1', 'MXN', /no plain decimal/],
    ['1e3', 'MXN', /no plain decimal/],
    ['1,5', 'MXN', /no plain decimal/],
    ['', 'MXN', /no plain decimal/],
    ['12345678901234567.00', 'MXN', /too large/],
  ])('rounds nothing: %j %s is refused', (text, currency, problem) => {
    expect(minorUnits(text, currency)).toEqual({ problem: expect.stringMatching(problem) as string });
  });

  it('adds a million tenths up to exactly a hundred thousand', () => {
    let sum = 0n;
    for (let n = 0; n < 1_000_000; n += 1) sum += minorUnits('0.10', 'MXN') as bigint;

    expect(decimalText(sum, 'MXN')).toBe('100000.00');
  });

  it('writes what it reads, in every currency', () => {
    const currency = fc.constantFrom('MXN', 'CLP', 'KWD', 'CLF');
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 18n - 1n }), currency, (minor, code) => {
        const text = decimalText(minor, code);
        expect(minorUnits(text, code)).toBe(minor);
        expect(text.split('.')[1]?.length ?? 0).toBe(decimalsOf(code));
      }),
    );
  });
});
