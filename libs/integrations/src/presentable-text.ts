const MAX_MESSAGE = 300;
/** Access key ids; anything long in the alphabet of secret keys, tokens and signatures. ARNs and URLs are shorter-spelled. */
const SECRET_SHAPES = /\b(?:AKIA|ASIA|AIDA|AROA)[A-Z0-9]{8,}\b|[A-Za-z0-9+/=]{40,}/g;
// eslint-disable-next-line no-control-regex -- control characters are what it removes
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g;

/** A provider's text, or that of what runs there, as it may be kept: printable, short, nothing shaped like a credential. */
export function presentableText(message: string): string | undefined {
  const clean = message.replace(CONTROL, ' ').replace(SECRET_SHAPES, '[redacted]').trim();
  if (clean === '' || clean === 'Unknown' || clean === 'UnknownError') return undefined;
  return clean.length > MAX_MESSAGE ? `${clean.slice(0, MAX_MESSAGE - 1)}…` : clean;
}
