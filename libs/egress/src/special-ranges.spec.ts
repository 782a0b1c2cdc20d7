import { Cidr, parseIp } from '@puente/kernel';
import { isPublic, SPECIAL_IPV4, SPECIAL_IPV6 } from './special-ranges';

function verdict(text: string): boolean {
  const address = parseIp(text);
  if (!address) throw new TypeError(`${text} is no address`);
  return isPublic(address);
}

/** The entries of IANA's two registries, written down a second time on purpose: one left out above shows here. */
const REGISTRIES = [
  ...['0.0.0.0/8', '0.0.0.0/32', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
  ...['192.0.0.0/24', '192.0.0.0/29', '192.0.0.8/32', '192.0.0.9/32', '192.0.0.10/32', '192.0.0.170/32'],
  ...['192.0.0.171/32', '192.0.2.0/24', '192.31.196.0/24', '192.52.193.0/24', '192.88.99.0/24', '192.88.99.2/32'],
  ...['192.168.0.0/16', '192.175.48.0/24', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '240.0.0.0/4'],
  ...['255.255.255.255/32', '224.0.0.0/4'],
  ...['::1/128', '::/128', '::ffff:0:0/96', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '100:0:0:1::/64'],
  ...['2001::/23', '2001::/32', '2001:1::1/128', '2001:1::2/128', '2001:1::3/128', '2001:2::/48', '2001:3::/32'],
  ...['2001:4:112::/48', '2001:10::/28', '2001:20::/28', '2001:30::/28', '2001:db8::/32', '2002::/16'],
  ...['2620:4f:8000::/48', '3fff::/20', '5f00::/16', 'fc00::/7', 'fe80::/10', 'ff00::/8', 'fec0::/10'],
];

/** First, last and one in the middle of a range. */
function samples(range: string): string[] {
  const [text = '', bits = ''] = range.split('/');
  const first = parseIp(text);
  if (!first || !Cidr.parse(range)) throw new TypeError(`${range} is no range`);
  const free = BigInt((first.version === 4 ? 32 : 128) - Number(bits));
  const last = first.value + (1n << free) - 1n;
  return [first.value, (first.value + last) / 2n, last].map((value) => written(first.version, value));
}

function written(version: 4 | 6, value: bigint): string {
  const [count, width] = version === 4 ? [4, 8n] : [8, 16n];
  const parts = Array.from(
    { length: count },
    (_, at) => (value >> (BigInt(count - 1 - at) * width)) & ((1n << width) - 1n),
  );
  return version === 4 ? parts.join('.') : parts.map((part) => part.toString(16)).join(':');
}

describe('what is not public', () => {
  it.each(REGISTRIES)('is all of %s', (range) => {
    expect(samples(range).filter(verdict)).toEqual([]);
  });

  it.each([...Object.keys(SPECIAL_IPV4), ...Object.keys(SPECIAL_IPV6)])('is all of our own entry %s', (range) => {
    expect(samples(range).filter(verdict)).toEqual([]);
  });

  it.each([
    ['mapped', '::ffff:8.8.8.8'],
    ['mapped loopback', '::ffff:7f00:1'],
    ['IPv4-compatible', '::8.8.8.8'],
    ['IPv4-translated', '::ffff:0:8.8.8.8'],
    ['NAT64', '64:ff9b::8.8.8.8'],
    ['NAT64 of a private address', '64:ff9b::10.0.0.1'],
    ['NAT64 of a site', '64:ff9b:1:7f00:1::'],
    ['6to4', '2002:808:808::1'],
    ['Teredo', '2001:0:4136:e378:8000:63bf:3fff:fdd2'],
    ['ISATAP', '2a00:1450:4001:800:0:5efe:10.0.0.1'],
    ['ISATAP of a public address', '2a00:1450:4001:800:200:5efe:8.8.8.8'],
    ['ISATAP without a prefix', '::5efe:127.0.0.1'],
    ['metadata over IPv6', 'fd00:ec2::254'],
    ['not given out by IANA', '4000::1'],
    ['not given out either', '1000::1'],
    ['6bone', '3ffe::1'],
  ])('is %s: %s', (_name, address) => {
    expect(verdict(address)).toBe(false);
  });
});

describe('what is public', () => {
  it.each([
    ...['1.1.1.1', '8.8.8.8', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255'],
    ...['128.0.0.0', '169.253.255.255', '169.255.0.0', '172.15.255.255', '172.32.0.0', '191.255.255.255', '192.0.1.0'],
    ...[
      '192.0.3.0',
      '192.88.98.255',
      '192.167.255.255',
      '192.169.0.0',
      '198.17.255.255',
      '198.20.0.0',
      '223.255.255.255',
    ],
    ...['2001:200::1', '2001:4860:4860::8888', '2003::1', '2606:4700::1111', '2a00:1450:4001:800::200e', '3ffd::1'],
    ...['2001:db7:ffff::', '2001:db9::', '2620:4f:7fff::1', '2620:4f:8001::1', '2a02::5efe'],
  ])('is %s', (address) => {
    expect(verdict(address)).toBe(true);
  });
});
