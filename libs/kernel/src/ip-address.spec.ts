import { Cidr, parseIp } from './ip-address';

describe('parseIp', () => {
  it.each([
    ['0.0.0.0', 4, 0n],
    ['127.0.0.1', 4, 0x7f000001n],
    ['255.255.255.255', 4, 0xffffffffn],
    ['::', 6, 0n],
    ['::1', 6, 1n],
    ['1::', 6, 1n << 112n],
    ['::ffff:127.0.0.1', 6, 0xffff7f000001n],
    ['0:0:0:0:0:FFFF:7f00:1', 6, 0xffff7f000001n],
    ['64:ff9b::10.0.0.1', 6, (0x64ff9bn << 96n) | 0x0a000001n],
    ['2001:db8::a:0:0:1', 6, (0x20010db8n << 96n) | (0xan << 48n) | 1n],
    ['1:2:3:4:5:6:7:8', 6, 0x00010002000300040005000600070008n],
    ['1:2:3:4:5:6:7::', 6, 0x00010002000300040005000600070000n],
  ])('reads %s as version %i', (text, version, value) => {
    expect(parseIp(text)).toEqual({ version, value });
  });

  it.each([
    '',
    'a.b',
    '127.1',
    '0177.0.0.1',
    '0x7f.0.0.1',
    '2130706433',
    '1.2.3.4.5',
    '1.2.3.256',
    ' 1.2.3.4',
    '1.2.3.4 ',
  ])('does not read %j', (text) => {
    expect(parseIp(text)).toBeUndefined();
  });

  it.each(['fe80::1%eth0', '[::1]', ':::', '1::2::3', '::g', '12345::', '1:2:3:4:5:6:7', '::1.2.3'])(
    'does not read %s',
    (text) => {
      expect(parseIp(text)).toBeUndefined();
    },
  );
});

describe('Cidr', () => {
  const contains = (range: string, text: string): boolean | undefined => {
    const address = parseIp(text);
    return address && Cidr.parse(range)?.contains(address);
  };

  it('holds its first and its last address, and neither neighbour', () => {
    const at = ['172.15.255.255', '172.16.0.0', '172.31.255.255', '172.32.0.0'];
    expect(at.map((text) => contains('172.16.0.0/12', text))).toEqual([false, true, true, false]);
    const six = ['fbff:ffff::', 'fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'fe00::'];
    expect(six.map((text) => contains('fc00::/7', text))).toEqual([false, true, true, false]);
  });

  it('knows single addresses and everything, each of its own version', () => {
    expect(contains('10.0.0.1/32', '10.0.0.1')).toBe(true);
    expect(contains('10.0.0.1/32', '10.0.0.2')).toBe(false);
    expect(contains('0.0.0.0/0', '8.8.8.8')).toBe(true);
    expect([contains('::/0', '8.8.8.8'), contains('0.0.0.0/0', '::1')]).toEqual([false, false]);
  });

  it('covers what lies inside it', () => {
    const wide = Cidr.parse('10.0.0.0/8');
    const inside = Cidr.parse('10.1.0.0/16');
    expect(wide && inside && [wide.covers(inside), inside.covers(wide), wide.covers(wide)]).toEqual([
      true,
      false,
      true,
    ]);
  });

  it.each(['', '10.0.0.0', '10.0.0.1/8', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/8 ', '10.0/8', 'a/8', 'fd00::1/48'])(
    'does not take %j for a range',
    (text) => {
      expect(Cidr.parse(text)).toBeUndefined();
    },
  );
});
