/** Control characters, line separators and halves of surrogate pairs: what breaks a header, a log line or a key. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}]/u;

export function isPrintable(text: string): boolean {
  return !UNPRINTABLE.test(text);
}

/** Whether the text can be somebody's or something's name in a list. */
export function isPlainName(text: string): boolean {
  return text.trim() !== '' && text.length <= 200 && isPrintable(text);
}
