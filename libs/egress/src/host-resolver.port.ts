/** Asks for the addresses of a name. A port, so that a test can be the name server. */
export abstract class HostResolver {
  /** @returns all of its IPv4 and IPv6 addresses; none, or a rejection, when there are none */
  abstract resolve(host: string): Promise<readonly string[]>;
}
