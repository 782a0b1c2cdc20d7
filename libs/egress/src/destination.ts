import { EgressUrlRefusedError } from './egress.errors';

/** Where a connection goes, as a URL says it and before anything is resolved. */
export interface Destination {
  readonly protocol: string;
  /** A name, or an address without brackets. */
  readonly host: string;
  readonly port: number;
}

const LONGEST = 2_048;
const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443, 'mqtt:': 1883, 'mqtts:': 8883 };

/**
 * Reads a URL as it will be read when it is called: by WHATWG's rules, which turn `0x7f.1`, `2130706433`, `127.1` and
 * `①②⑦.⓪.⓪.①` into the address that they mean. What readers of URLs disagree about is refused.
 *
 * @throws {EgressUrlRefusedError}
 */
export function destinationOf(text: string): Destination {
  if (text.length > LONGEST) throw new EgressUrlRefusedError(`it is longer than ${String(LONGEST)} characters`);
  // The parser would drop line breaks and tabs and take a backslash for a slash; others would not.
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u0020\u007f\\]/.test(text)) throw new EgressUrlRefusedError('it contains a blank or a backslash');
  if (!URL.canParse(text)) throw new EgressUrlRefusedError('it cannot be read as one');
  const { protocol, hostname, port, username, password } = new URL(text);
  const usual = DEFAULT_PORTS[protocol];
  if (usual === undefined) throw new EgressUrlRefusedError('it must begin with https://');
  if (username !== '' || password !== '')
    throw new EgressUrlRefusedError('it must not contain a user name or a password');
  const host = readHost(hostname).replace(/^\[(.*)\]$/, '$1');
  return { protocol, host, port: port === '' ? usual : Number(port) };
}

/** Of schemes that WHATWG does not know it leaves the host as it was written: it is read as if the scheme were https. */
function readHost(hostname: string): string {
  const url = `https://${hostname}`;
  if (hostname === '' || !URL.canParse(url))
    throw new EgressUrlRefusedError('its host must be a plain name or address');
  return new URL(url).hostname;
}
