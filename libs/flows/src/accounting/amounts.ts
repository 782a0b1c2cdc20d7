/** ISO 4217: currencies whose minor unit is not a hundredth. */
const DECIMALS: Readonly<Record<string, number>> = Object.fromEntries([
  ...names('BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF', 0),
  ...names('BHD IQD JOD KWD LYD OMR TND', 3),
  ...names('CLF UYW', 4),
]);

/** More than any balance sheet holds, and what a bigint column takes. */
const MOST_DIGITS = 18;

const PLAIN = /^(\d+)(?:\.(\d+))?$/;

/** How many decimals an amount of this currency has. https://www.iso.org/iso-4217-currency-codes.html */
export function decimalsOf(currency: string): number {
  return DECIMALS[currency] ?? 2;
}

/**
 * An amount as integer of minor units, from its decimal digits and never by way of a float: `1500.00` MXN is 150000n.
 *
 * @returns or what is wrong with it: nothing is ever rounded
 */
export function minorUnits(text: string, currency: string): bigint | { readonly problem: string } {
  const [, whole, fraction = ''] = PLAIN.exec(text) ?? [];
  if (whole === undefined) return { problem: 'the amount is no plain decimal number of 0 or more' };
  const decimals = decimalsOf(currency);
  const beyond = fraction.slice(decimals);
  if (/[1-9]/.test(beyond)) return { problem: `the amount has more decimals than ${currency} (${String(decimals)})` };
  const digits = (whole + fraction.slice(0, decimals).padEnd(decimals, '0')).replace(/^0+(?=\d)/, '');
  if (digits.length > MOST_DIGITS) return { problem: 'the amount is too large' };
  return BigInt(digits);
}

/** The amount with all decimals of its currency: 150000n MXN is `1500.00`. */
export function decimalText(minor: bigint, currency: string): string {
  const decimals = decimalsOf(currency);
  if (decimals === 0) return String(minor);
  const digits = String(minor).padStart(decimals + 1, '0');
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

function names(codes: string, decimals: number): [string, number][] {
  return codes.split(' ').map((code) => [code, decimals]);
}
