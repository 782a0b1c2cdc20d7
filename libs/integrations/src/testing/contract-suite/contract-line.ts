import type { AddressInfo, Server, Socket } from 'node:net';
import type { Writable } from 'node:stream';

/**
 * What happens on the line to the next requests.
 *
 * - `pass`: nothing.   - `reset_before`: the request is read, not delivered, and the connection reset.
 * - `reset_after`: delivered, its answer thrown away, the connection reset.   - `silence`: delivered, never answered.
 * - `truncate`: delivered, half of the answer arrives.   - `garbage`: delivered, and answered with something else.
 * - `redirect`: delivered, and answered with 307 to another origin, which is this line under another name.
 * - `flood`: delivered, and answered without end.   - `drip`: delivered, and answered a byte at a time without end.
 */
export type LineFault =
  'pass' | 'reset_before' | 'reset_after' | 'silence' | 'truncate' | 'garbage' | 'redirect' | 'flood' | 'drip';

/** More than any provider has to say: who has not cut an answer off by now reads everything. */
export const MOST_FLOOD = 64 * 1024 * 1024;
const FLOOD_PIECE = 256 * 1024;
const DRIP_MS = 20;

/** What stands between a client and its stand-in, counts, and breaks as told. */
export abstract class ContractLine {
  fault: LineFault = 'pass';
  /** Only requests with this text in address or body are counted and broken; of HTTP. Left out: all. */
  only: string | undefined;
  /** Requests that reached this end, and those whose client went away before its answer. */
  requests = 0;
  abandoned = 0;
  /** Bytes of endless answers that the client took. */
  flooded = 0;
  /** Bytes of dripping answers. */
  dripped = 0;
  private readonly sockets = new Set<Socket>();

  protected constructor(protected readonly server: Server) {
    server.on('connection', (socket) => {
      this.ends(socket);
    });
  }

  /** Where clients connect to. */
  abstract readonly url: string;

  /** Afterwards nobody listens at {@link url}. */
  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    if (this.server.listening) await new Promise((resolve) => this.server.close(resolve));
  }

  protected get host(): string {
    return `127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  protected async listen(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  /** This socket ends with the line. */
  protected ends(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.sockets.delete(socket));
  }

  /** A client went away before its answer: with these faults, because it would have waited for ever. */
  protected noteAbandoned(fault: LineFault): void {
    if (fault === 'silence' || fault === 'drip') this.abandoned += 1;
  }

  /** A byte at a time, again and again those of the filler, until the client goes away. */
  protected drip(to: Writable, filler: Buffer): void {
    // The client may have gone while the answer was fetched: then nothing would end the dripping.
    if (to.destroyed) return;
    const dripping = setInterval(() => {
      const at = this.dripped % filler.length;
      to.write(filler.subarray(at, at + 1));
      this.dripped += 1;
    }, DRIP_MS);
    to.on('close', () => {
      clearInterval(dripping);
    });
  }

  /** The filler without end, as fast as it is read, until the client goes away. */
  protected flood(to: Writable, filler: Buffer): void {
    const piece = Buffer.alloc(FLOOD_PIECE, filler);
    const more = (): void => {
      if (to.destroyed) return;
      if (this.flooded >= MOST_FLOOD) {
        to.destroy();
        return;
      }
      this.flooded += piece.length;
      to.write(piece, more);
    };
    more();
  }
}
