import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { type ContractLine, DRIP_MS, type LineFault, MOST_FLOOD } from './broken-line';

/** A piece of what one side says: whether it is a request that the other must answer, or the answer to one. */
export interface StreamPart {
  readonly bytes: Buffer;
  readonly counts: boolean;
}

/** Cuts what comes over one connection, in pieces of any size, into parts. */
export type StreamCutter = (bytes: Buffer) => readonly StreamPart[];

/** What a line must know of a protocol that is not HTTP in order to break it where it hurts. */
export interface StreamDialect {
  /** `mqtt:` */
  readonly scheme: string;
  /** For one connection each. Counts: a request. */
  readonly fromClient: () => StreamCutter;
  /** Counts: may be the answer to a request, if one is waiting for it. */
  readonly fromServer: () => StreamCutter;
  /** Something that is no answer in this protocol. */
  readonly garbage: Buffer;
  /** An answer without end: this, again and again. */
  readonly flood: Buffer;
  /** An answer that comes a byte at a time: how it begins, and what it goes on with. */
  readonly drip: { readonly head: Buffer; readonly filler: Buffer };
}

/** As {@link BrokenLine}, for protocols whose connections carry more than one request. */
export class BrokenStream implements ContractLine {
  fault: LineFault = 'pass';
  requests = 0;
  abandoned = 0;
  flooded = 0;
  dripped = 0;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly target: URL,
    private readonly dialect: StreamDialect,
  ) {
    this.server = createServer((socket) => {
      this.serve(socket);
    });
  }

  static async to(target: string, dialect: StreamDialect): Promise<BrokenStream> {
    const line = new BrokenStream(new URL(target), dialect);
    await new Promise<void>((resolve) => line.server.listen(0, '127.0.0.1', resolve));
    return line;
  }

  get url(): string {
    return `${this.dialect.scheme}//127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    if (this.server.listening) await new Promise((resolve) => this.server.close(resolve));
  }

  private serve(client: Socket): void {
    const upstream = connect(Number(this.target.port), this.target.hostname);
    for (const socket of [client, upstream]) {
      this.sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.sockets.delete(socket));
    }
    const exchange = { isOpen: false };
    const [cutRequests, cutAnswers] = [this.dialect.fromClient(), this.dialect.fromServer()];
    client.on('data', (bytes: Buffer) => {
      for (const part of cutRequests(bytes)) this.request(part, client, upstream, exchange);
    });
    upstream.on('data', (bytes: Buffer) => {
      for (const part of cutAnswers(bytes)) this.answer(part, client, exchange);
    });
    client.on('close', () => {
      if (exchange.isOpen && (this.fault === 'silence' || this.fault === 'drip')) this.abandoned += 1;
      upstream.destroy();
    });
    client.on('end', () => upstream.end());
    upstream.on('close', () => {
      if (!exchange.isOpen || this.fault === 'pass') client.end();
    });
  }

  private request(part: StreamPart, client: Socket, upstream: Socket, exchange: { isOpen: boolean }): void {
    if (part.counts) {
      this.requests += 1;
      exchange.isOpen = true;
      if (this.fault === 'reset_before') {
        client.resetAndDestroy();
        return;
      }
    }
    if (!upstream.destroyed) upstream.write(part.bytes);
  }

  private answer({ bytes, counts }: StreamPart, client: Socket, exchange: { isOpen: boolean }): void {
    if (client.destroyed) return;
    if (!counts || !exchange.isOpen) {
      client.write(bytes);
      return;
    }
    switch (this.fault) {
      case 'silence':
        return;
      case 'reset_before':
      case 'reset_after':
      case 'redirect': // no such protocol has one
        client.resetAndDestroy();
        return;
      case 'garbage':
        client.write(this.dialect.garbage);
        return;
      case 'truncate':
        client.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), () => client.destroy());
        return;
      case 'flood':
        this.flood(client);
        return;
      case 'drip':
        this.drip(client);
        return;
      case 'pass':
        exchange.isOpen = false;
        client.write(bytes);
    }
  }

  private drip(client: Socket): void {
    const { head, filler } = this.dialect.drip;
    client.write(head);
    const dripping = setInterval(() => {
      client.write(filler.subarray(this.dripped % filler.length, (this.dripped % filler.length) + 1));
      this.dripped += 1;
    }, DRIP_MS);
    client.on('close', () => {
      clearInterval(dripping);
    });
  }

  private flood(client: Socket): void {
    if (client.destroyed) return;
    if (this.flooded >= MOST_FLOOD) {
      client.destroy();
      return;
    }
    const piece = Buffer.alloc(256 * 1024, this.dialect.flood);
    this.flooded += piece.length;
    client.write(piece, () => {
      this.flood(client);
    });
  }
}
