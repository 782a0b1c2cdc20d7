import { isIPv4, isIPv6 } from 'node:net';

/** An address as a number. The two versions are never compared with each other: `::ffff:127.0.0.1` is version 6 here. */
export interface IpAddress {
  readonly version: 4 | 6;
  readonly value: bigint;
}

const WIDTH = { 4: 32, 6: 128 } as const;

/** @returns undefined for what is no address in its usual form: a name, a short or octal form, one with a zone */
export function parseIp(text: string): IpAddress | undefined {
  if (isIPv4(text)) return { version: 4, value: joined(text.split('.').map(Number), 8) };
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const [head = '', tail] = withoutDots(text).split('::');
  const first = groups(head);
  const last = tail === undefined ? [] : groups(tail);
  const between = Array.from({ length: 8 - first.length - last.length }, () => 0);
  return { version: 6, value: joined([...first, ...between, ...last], 16) };
}

/** A range of addresses, such as `10.20.0.0/16`. */
export class Cidr {
  private readonly shift: bigint;
  private readonly prefix: bigint;

  private constructor(
    private readonly first: IpAddress,
    readonly bits: number,
  ) {
    this.shift = BigInt(WIDTH[first.version] - bits);
    this.prefix = first.value >> this.shift;
  }

  /** @returns undefined when it is none, or names an address inside a range instead of its first one */
  static parse(text: string): Cidr | undefined {
    const [, address = '', bits = ''] = /^([\d.:a-f]+)\/(\d{1,3})$/i.exec(text) ?? [];
    const first = parseIp(address);
    if (!first || Number(bits) > WIDTH[first.version]) return undefined;
    const cidr = new Cidr(first, Number(bits));
    return cidr.prefix << cidr.shift === first.value ? cidr : undefined;
  }

  contains({ version, value }: IpAddress): boolean {
    return version === this.first.version && value >> this.shift === this.prefix;
  }

  /** Whether all of the other range is in this one. */
  covers(other: Cidr): boolean {
    return other.bits >= this.bits && this.contains(other.first);
  }
}

/** `::ffff:127.0.0.1` as `::ffff:7f00:1`. */
function withoutDots(text: string): string {
  const at = text.lastIndexOf(':') + 1;
  const last = parseIp(text.slice(at));
  if (!last) return text;
  return `${text.slice(0, at)}${(last.value >> 16n).toString(16)}:${(last.value & 0xffffn).toString(16)}`;
}

function groups(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => parseInt(group, 16));
}

function joined(parts: readonly number[], bits: number): bigint {
  return parts.reduce((value, part) => (value << BigInt(bits)) | BigInt(part), 0n);
}
