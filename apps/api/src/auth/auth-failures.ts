import { Injectable } from '@nestjs/common';
import { AppConfigService } from '@puente/config';
import { type IRateLimiterRes, RateLimiterMemory } from 'rate-limiter-flexible';
import { TooManyFailuresError } from '../http/http-errors';

const WINDOW_S = 60;
/** Prefixes whose key was right a while ago; the oldest is forgotten first. */
const KNOWN_PREFIXES = 10_000;

/**
 * Slows down who guesses keys (T29): so many failures a minute from one address, and a tenth of it with one prefix from
 * one address. A key that was right before still gets in when somebody else behind the same address guesses, so
 * nobody can shut out a whole office. Counted per process: this saves the database work, the keys themselves are long
 * enough.
 */
@Injectable()
export class AuthFailures {
  private readonly byAddress: RateLimiterMemory;
  private readonly byPrefix: RateLimiterMemory;
  private readonly known = new Set<string>();
  /** The last of `known`: most requests come with the key of the one before. */
  private latest: string | undefined;
  /** From then on no failure counts any more, and nothing has to be looked up. */
  private calmFromMs = 0;

  constructor(config: AppConfigService) {
    const points = config.get('AUTH_FAILURES_PER_MINUTE');
    this.byAddress = new RateLimiterMemory({ points, duration: WINDOW_S });
    this.byPrefix = new RateLimiterMemory({ points: Math.ceil(points / 10), duration: WINDOW_S });
  }

  /** Before a key is looked up; undefined: nobody has guessed lately. @throws {TooManyFailuresError} */
  check(address: string, token: string): Promise<void> | undefined {
    return Date.now() < this.calmFromMs ? this.compare(address, token) : undefined;
  }

  private async compare(address: string, token: string): Promise<void> {
    const prefix = prefixOf(token);
    if (!this.known.has(prefix)) refuse(await this.byAddress.get(address), this.byAddress.points);
    refuse(await this.byPrefix.get(`${address} ${prefix}`), this.byPrefix.points);
  }

  /** A wrong key came. Requests without any key guess nothing, but count for their address. */
  async failed(address: string, token: string): Promise<void> {
    this.calmFromMs = Date.now() + WINDOW_S * 1_000;
    await this.byAddress.penalty(address);
    if (token !== '') await this.byPrefix.penalty(`${address} ${prefixOf(token)}`);
  }

  succeeded(token: string): void {
    const prefix = prefixOf(token);
    if (prefix === this.latest) return;
    this.latest = prefix;
    this.known.delete(prefix);
    this.known.add(prefix);
    const [oldest] = this.known;
    if (this.known.size > KNOWN_PREFIXES && oldest !== undefined) this.known.delete(oldest);
  }
}

function refuse(failures: IRateLimiterRes | null, most: number): void {
  if ((failures?.consumedPoints ?? 0) >= most)
    throw new TooManyFailuresError(failures?.msBeforeNext ?? WINDOW_S * 1_000);
}

/** `pnt_<env>_<prefix>`: all of a key that is no secret. */
function prefixOf(token: string): string {
  return token.split('_', 3).join('_').slice(0, 64);
}
