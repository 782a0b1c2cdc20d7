/**
 * What changes how a line is shown without being seen, as far as JSON leaves it alone: DEL and the upper controls,
 * direction overrides, zero-width characters, line separators, tags.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** One line of JSON, safe to show on a terminal. Nothing is lost: what is spelled out is the same text once parsed. */
export function jsonLine(value: object): string {
  return `${JSON.stringify(value).replace(INVISIBLE, escaped)}\n`;
}

/** In UTF-16, as JSON has it: a character beyond the first plane is two escapes. */
function escaped(character: string): string {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}
