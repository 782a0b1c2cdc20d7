/** RFC 9110: a token. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}$/;
/** Visible ASCII, with spaces and tabs inside. Anything else is read differently by different servers. */
const VALUE = /^(?:[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?)?$/;
const MAX_VALUE = 4_096;

/** What is ours to set, what belongs to the connection and not to the message, and what would lead it elsewhere. */
const OURS = new Set<string>([
  ...(['host', 'content-length', 'content-type', 'content-encoding', 'transfer-encoding', 'user-agent'] as const),
  ...(['accept', 'accept-encoding', 'connection', 'keep-alive', 'te', 'trailer', 'upgrade', 'expect'] as const),
]);

/** @returns why a receiver's header cannot have this name; undefined when it can */
export function headerNameProblem(name: string): string | undefined {
  if (!NAME.test(name)) return "is no name of a header: expected 1 to 100 letters, digits and !#$%&'*+-.^_`|~";
  const lower = name.toLowerCase();
  const isOurs = OURS.has(lower) || lower.startsWith('webhook-') || lower.startsWith('proxy-');
  return isOurs ? 'is set by Puente itself' : undefined;
}

/** @returns why a header cannot have this value, without quoting it; undefined when it can */
export function headerValueProblem(value: string): string | undefined {
  if (value.length > MAX_VALUE) return `is longer than ${String(MAX_VALUE)} characters`;
  return VALUE.test(value)
    ? undefined
    : 'has bytes that a header cannot carry: expected visible ASCII and spaces inside';
}
