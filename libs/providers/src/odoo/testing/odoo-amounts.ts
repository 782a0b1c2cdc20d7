import { typeError } from './odoo-exception';

/** Amounts in the stand-in: whole millionths, from the digits that came. */
const SCALE = 6;

export function toUnits(value: unknown): bigint {
  const digits = typeof value === 'object' && value !== null && '$decimal' in value ? value.$decimal : value;
  const text = typeof digits === 'number' || typeof digits === 'string' ? String(digits) : '';
  const [, sign = '', whole = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d{1,6})0*)?$/.exec(text) ?? [];
  if (whole === '') throw typeError(`unsupported operand for an amount: ${JSON.stringify(value)}`);
  const units = BigInt(whole + fraction.padEnd(SCALE, '0'));
  return sign === '-' ? -units : units;
}

/** Shortest digits: `1500`, `0.1`, `99999999999.99`. */
export function fromUnits(units: bigint): string {
  const sign = units < 0n ? '-' : '';
  const digits = (units < 0n ? -units : units).toString().padStart(SCALE + 1, '0');
  let length = SCALE;
  while (length > 0 && digits.charAt(digits.length - SCALE + length - 1) === '0') length -= 1;
  const [whole, fraction] = [digits.slice(0, -SCALE), digits.slice(-SCALE).slice(0, length)];
  return `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}`;
}
