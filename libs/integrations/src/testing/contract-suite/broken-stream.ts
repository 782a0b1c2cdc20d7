import { connect, createServer, type Socket } from 'node:net';
import { ContractLine } from './contract-line';

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
export class BrokenStream extends ContractLine {
  private constructor(
    private readonly target: URL,
    private readonly dialect: StreamDialect,
  ) {
    super(createServer());
    this.server.on('connection', (socket) => {
      this.serve(socket);
    });
  }

  static to(target: string, dialect: StreamDialect): Promise<BrokenStream> {
    return new BrokenStream(new URL(target), dialect).listen();
  }

  get url(): string {
    return `${this.dialect.scheme}//${this.host}`;
  }

  private serve(client: Socket): void {
    const upstream = connect(Number(this.target.port), this.target.hostname);
    this.ends(upstream);
    const exchange = { isOpen: false };
    const [cutRequests, cutAnswers] = [this.dialect.fromClient(), this.dialect.fromServer()];
    client.on('data', (bytes: Buffer) => {
      for (const part of cutRequests(bytes)) this.request(part, client, upstream, exchange);
    });
    upstream.on('data', (bytes: Buffer) => {
      for (const part of cutAnswers(bytes)) this.answer(part, client, exchange);
    });
    client.on('close', () => {
      if (exchange.isOpen) this.noteAbandoned(this.fault);
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
        this.flood(client, this.dialect.flood);
        return;
      case 'drip':
        client.write(this.dialect.drip.head);
        this.drip(client, this.dialect.drip.filler);
        return;
      case 'pass':
        exchange.isOpen = false;
        client.write(bytes);
    }
  }
}
