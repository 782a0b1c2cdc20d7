/** Longest text of another system that we keep: the ledger's columns have the same bound. */
export const MAX_EXCERPT = 500;

/** Longest excerpt of an answer in the record of a try, where somebody asks what the other side said. */
export const MAX_ANSWER_EXCERPT = 4_096;

/** More than anybody reads; what lies behind it is not even looked at. */
const LOOKED_AT = 65_536;

// Terminal sequences first, while their escape character is still there: CSI, OSC, and the two-character ones.
// eslint-disable-next-line no-control-regex -- control characters are what this is about
const ANSI = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-_])/g;
const SEPARATORS = /[\p{Cc}\u2028\u2029]+/gu;
// Marks that reorder or hide text in a terminal or a web page ("Trojan Source", CVE-2021-42574).
const INVISIBLE = /[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]/g;
const LONE_SURROGATE = /\p{Cs}/gu;

/**
 * Text of another system, made safe to show: no control characters, no terminal sequences, no marks that change the
 * reading direction, at most `max` characters. Line breaks become spaces, so that one event stays one line.
 */
export function printable(text: string, max: number = MAX_EXCERPT): string {
  const shown = text
    .slice(0, LOOKED_AT)
    .replace(ANSI, '')
    .replace(SEPARATORS, ' ')
    .replace(INVISIBLE, '')
    .replace(LONE_SURROGATE, '\ufffd');
  if (shown.length <= max) return shown;
  const cut = shown.slice(0, max - 1);
  // Not through the middle of a character outside the basic plane.
  return `${/[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}
