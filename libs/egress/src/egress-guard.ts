import type { LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { Cidr, type IpAddress, parseIp } from '@puente/kernel';
import { type Destination, destinationOf } from './destination';
import {
  EgressAddressRefusedError,
  EgressError,
  EgressHostUnresolvedError,
  EgressUrlRefusedError,
} from './egress.errors';
import type { EgressReports } from './egress-reports.port';
import type { HostResolver } from './host-resolver.port';
import { isPublic } from './special-ranges';

/** What the operator allows beyond the public internet. */
export interface EgressRules {
  /** `EGRESS_ALLOWED_CIDRS`: networks that may be called, over http as well and on any port. */
  readonly allowedCidrs: readonly string[];
  /** `EGRESS_PORTS`: ports that may be called on the public internet. */
  readonly ports: readonly number[];
}

/** `public`: the internet and what the operator allows. `allowed`: only the latter. */
export type Reach = 'public' | 'allowed';

/** Less than connecting may take, so that a slow name is told from a slow server. */
const RESOLVE_MS = 2_500;

/**
 * Protocols that prove whom they reach, and the ports they have of their own beside `EGRESS_PORTS`. Not 25: what a tenant
 * sends goes to a server that knows its sender.
 */
const PROTECTED = new Map<string, readonly number[]>([
  ['https:', []],
  ['mqtts:', [8883]],
  ['smtps:', [465]],
  ['smtp+starttls:', [587]],
]);

/** Names that no public name server knows: whether a private one does is not for tenants to find out. */
const PRIVATE_NAME = /^[^.:]+$|\.(?:localhost|local|internal|intranet|lan|home|corp|private|home\.arpa)$/i;

/**
 * Decides where a tenant's URL may lead: {@link check} it when it is saved, and connect through {@link egressConnector}
 * or {@link EgressGuard.lookup} when it is called, because names lead elsewhere from one moment to the next. Only the
 * second is what protects: there the addresses that were judged are the ones that are dialled.
 *
 * Of a name all addresses count: one that is not public makes the whole answer suspect, and nothing is dialled.
 */
export class EgressGuard {
  private readonly allowed: readonly Cidr[];
  private readonly ports: ReadonlySet<number>;

  constructor(
    { allowedCidrs, ports }: EgressRules,
    private readonly resolver: HostResolver,
    private readonly reports?: EgressReports,
    private readonly resolveMs = RESOLVE_MS,
  ) {
    this.allowed = allowedCidrs.map((text) => {
      const cidr = Cidr.parse(text);
      if (!cidr) throw new TypeError(`${text} is no CIDR`);
      return cidr;
    });
    this.ports = new Set(ports);
  }

  /**
   * For saving a URL: says at once what every later call would say. Where only networks of the operator would do it does
   * not say whether there is such a name: whoever may save a URL must not learn the names of those networks.
   *
   * @throws {EgressUrlRefusedError} {@link EgressAddressRefusedError} {@link EgressHostUnresolvedError}
   */
  async check(url: string, reach: Reach = 'public'): Promise<void> {
    try {
      const destination = destinationOf(url);
      await this.addresses(destination, reach).catch((error: unknown) => {
        if (error instanceof EgressHostUnresolvedError) throw this.onlyAllowed(destination, reach) ?? error;
        throw error;
      });
    } catch (error) {
      if (error instanceof EgressError) this.reports?.notSaved(error);
      throw error;
    }
  }

  /**
   * For a socket, before it connects: what can be said without asking anybody about scheme, port, form of the host, and
   * an address where the URL has one. For an address Node looks nothing up.
   *
   * @throws {EgressUrlRefusedError} {@link EgressAddressRefusedError}
   */
  admit(destination: Destination, reach: Reach = 'public'): void {
    try {
      this.judgeHost(destination, this.onlyAllowed(destination, reach));
    } catch (error) {
      throw this.notConnected(destination, error);
    }
  }

  /**
   * All addresses that may be dialled now, IPv4 first.
   *
   * @throws {EgressUrlRefusedError} {@link EgressAddressRefusedError} {@link EgressHostUnresolvedError}
   */
  async addresses(destination: Destination, reach: Reach = 'public'): Promise<readonly LookupAddress[]> {
    const { host } = destination;
    const onlyAllowed = this.onlyAllowed(destination, reach);
    const literal = this.judgeHost(destination, onlyAllowed);
    if (literal) return [{ address: host, family: literal.version }];
    const found = await this.resolved(host).catch((cause: unknown) => {
      throw new EgressHostUnresolvedError(host, { cause });
    });
    if (found.length === 0) throw new EgressHostUnresolvedError(host);
    return found
      .map((address) => ({ address, family: this.judge(parseIp(address), destination, onlyAllowed).version }))
      .sort((a, b) => a.family - b.family);
  }

  /**
   * For `net.connect` and `tls.connect`: resolves, judges, and hands on only what was judged. The name stays the one
   * that certificates are checked against. {@link admit} first: for a literal address no lookup is made.
   */
  lookup(destination: Omit<Destination, 'host'>, reach: Reach = 'public'): LookupFunction {
    return (host, { all, family }, callback) => {
      this.addresses({ ...destination, host }, reach).then(
        (addresses) => {
          const usable = addresses.filter((one) => !isFamily(family) || one.family === family);
          const [first] = usable;
          if (!first) callback(new EgressHostUnresolvedError(host), '');
          else if (all === true) callback(null, usable);
          else callback(null, first.address, first.family);
        },
        (error: unknown) => {
          callback(this.notConnected({ ...destination, host }, error) as Error, '');
        },
      );
    };
  }

  private notConnected(destination: Destination, error: unknown): unknown {
    if (error instanceof EgressError) this.reports?.notConnected(destination, error);
    return error;
  }

  /** @returns why only networks that the operator allows will do, as the error for when it is none of them */
  private onlyAllowed({ protocol, host, port }: Destination, reach: Reach): EgressError | undefined {
    const own = PROTECTED.get(protocol);
    if (!own) return new EgressUrlRefusedError(`it must ${protectionOf(protocol)}`);
    if (!this.ports.has(port) && !own.includes(port)) {
      const known = [...own, ...this.ports].map(String).join(', ');
      return new EgressUrlRefusedError(`port ${String(port)} is not one of those that may be called (${known})`);
    }
    return reach === 'allowed' || PRIVATE_NAME.test(host) ? new EgressAddressRefusedError(host) : undefined;
  }

  /** @returns the address that the host is, if it is one */
  private judgeHost(destination: Destination, onlyAllowed: EgressError | undefined): IpAddress | undefined {
    const { host } = destination;
    const literal = parseIp(host);
    if (literal) return this.judge(literal, destination, onlyAllowed);
    if (/^$|\.$|[%:[\]]/.test(host)) throw new EgressUrlRefusedError('its host must be a plain name or address');
    if (onlyAllowed && this.allowed.length === 0) throw onlyAllowed;
    return undefined;
  }

  private judge(
    address: IpAddress | undefined,
    { host }: Destination,
    onlyAllowed: EgressError | undefined,
  ): IpAddress {
    if (address && this.allowed.some((cidr) => cidr.contains(address))) return address;
    if (onlyAllowed) throw onlyAllowed;
    if (!address || !isPublic(address)) throw new EgressAddressRefusedError(host);
    return address;
  }

  private async resolved(host: string): Promise<readonly string[]> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        reject(new Error('the name servers did not answer in time'));
      }, this.resolveMs);
    });
    try {
      return await Promise.race([this.resolver.resolve(host), late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function protectionOf(protocol: string): string {
  if (protocol === 'mqtt:') return 'begin with mqtts://';
  return protocol === 'smtp:' ? 'be reached over TLS' : 'begin with https://';
}

function isFamily(family: unknown): family is 4 | 6 {
  return family === 4 || family === 6;
}
