import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Takes connections and never says a word: whoever connects waits for TLS, or for what its protocol begins with. */
export class DeafLine {
  /** Connections that were taken, and those that stand. */
  connections = 0;
  readonly open = new Set<Socket>();
  private readonly server: Server;

  private constructor(private readonly scheme: string) {
    this.server = createServer((socket) => {
      this.connections += 1;
      this.open.add(socket);
      socket.on('error', () => undefined).on('close', () => this.open.delete(socket));
      socket.resume();
    });
  }

  /** @param scheme of the address; `https:` lets a client wait for its handshake */
  static async start(scheme: string): Promise<DeafLine> {
    const line = new DeafLine(scheme);
    await new Promise<void>((resolve) => line.server.listen(0, '127.0.0.1', resolve));
    return line;
  }

  get url(): string {
    return `${this.scheme}//127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  async close(): Promise<void> {
    for (const socket of this.open) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
