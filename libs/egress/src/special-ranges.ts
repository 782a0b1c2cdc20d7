import { Cidr, type IpAddress } from '@puente/kernel';

/**
 * Every range that is not simply "some machine on the internet": both special-purpose registries of IANA, whole, also
 * their few entries that can be reached from everywhere (nobody's API lives on an anycast relay), and multicast.
 *
 * https://www.iana.org/assignments/iana-ipv4-special-registry/
 * https://www.iana.org/assignments/multicast-addresses/
 */
export const SPECIAL_IPV4: Readonly<Record<string, string>> = {
  '0.0.0.0/8': 'this network (RFC 791)',
  '10.0.0.0/8': 'private use (RFC 1918)',
  '100.64.0.0/10': 'shared address space of carriers (RFC 6598)',
  '127.0.0.0/8': 'loopback (RFC 1122)',
  '169.254.0.0/16': 'link local, metadata services (RFC 3927)',
  '172.16.0.0/12': 'private use (RFC 1918)',
  '192.0.0.0/24': 'IETF protocol assignments (RFC 6890)',
  '192.0.2.0/24': 'documentation (RFC 5737)',
  '192.31.196.0/24': 'AS112 (RFC 7535)',
  '192.52.193.0/24': 'AMT (RFC 7450)',
  '192.88.99.0/24': '6to4 and 6a44 relays (RFC 7526)',
  '192.168.0.0/16': 'private use (RFC 1918)',
  '192.175.48.0/24': 'AS112 (RFC 7534)',
  '198.18.0.0/15': 'benchmarking (RFC 2544)',
  '198.51.100.0/24': 'documentation (RFC 5737)',
  '203.0.113.0/24': 'documentation (RFC 5737)',
  '224.0.0.0/4': 'multicast (RFC 5771)',
  '240.0.0.0/4': 'reserved, broadcast (RFC 1112, RFC 8190)',
};

/**
 * What carries an IPv4 address inside (mapped, translated, 6to4, Teredo, NAT64) is refused whatever it carries, rather
 * than judged by it: no public service has only such an address, and who unpacks it, and to where, is not ours to know.
 *
 * https://www.iana.org/assignments/iana-ipv6-special-registry/
 * https://www.iana.org/assignments/ipv6-address-space/
 */
export const SPECIAL_IPV6: Readonly<Record<string, string>> = {
  '::/128': 'unspecified (RFC 4291)',
  '::1/128': 'loopback (RFC 4291)',
  '::/96': 'IPv4-compatible, deprecated (RFC 4291)',
  '::ffff:0:0/96': 'IPv4-mapped (RFC 4291)',
  '::ffff:0:0:0/96': 'IPv4-translated, SIIT (RFC 2765)',
  '64:ff9b::/96': 'NAT64 (RFC 6052)',
  '64:ff9b:1::/48': 'NAT64 of a site (RFC 8215)',
  '100::/64': 'discard (RFC 6666)',
  '100:0:0:1::/64': 'dummy prefix (RFC 9780)',
  '2001::/23': 'IETF protocol assignments: Teredo, ORCHID, benchmarking, AMT, AS112 … (RFC 2928)',
  '2001:db8::/32': 'documentation (RFC 3849)',
  '2002::/16': '6to4 (RFC 3056)',
  '2620:4f:8000::/48': 'AS112 (RFC 7534)',
  '3ffe::/16': '6bone, given back (RFC 3701)',
  '3fff::/20': 'documentation (RFC 9637)',
  '5f00::/16': 'segment routing (RFC 9602)',
  'fc00::/7': 'unique local (RFC 4193)',
  'fe80::/10': 'link local (RFC 4291)',
  'fec0::/10': 'site local, deprecated (RFC 3879)',
  'ff00::/8': 'multicast (RFC 4291)',
};

// Two lists, and each asked only about its own version: net.BlockList compares IPv4 as `::ffff:a.b.c.d`, so that one
// range around it would swallow every IPv4 address.
const special = { 4: ranges(SPECIAL_IPV4), 6: ranges(SPECIAL_IPV6) };

/** IANA has given out nothing else for single machines. */
const GLOBAL_UNICAST = range('2000::/3');

/** Whether an address is an ordinary one of the public internet. */
export function isPublic(address: IpAddress): boolean {
  if (special[address.version].some((known) => known.contains(address))) return false;
  return address.version === 4 || (GLOBAL_UNICAST.contains(address) && !isIsatap(address));
}

/** An IPv4 address as the second half of an IPv6 one, behind any prefix (RFC 5214 §6.1). */
function isIsatap({ value }: IpAddress): boolean {
  const marker = (value >> 32n) & 0xffffffffn;
  return marker === 0x00005efen || marker === 0x02005efen;
}

function ranges(texts: Readonly<Record<string, string>>): readonly Cidr[] {
  return Object.keys(texts).map(range);
}

function range(text: string): Cidr {
  const cidr = Cidr.parse(text);
  if (!cidr) throw new TypeError(`${text} is no range`);
  return cidr;
}
