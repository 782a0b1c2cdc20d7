import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { mqttPackets } from './mqtt-dialect';

/** A packet as it came: its type (3 is PUBLISH), its flags and all of its bytes. */
export interface Packet {
  readonly type: number;
  readonly flags: number;
  readonly bytes: Buffer;
  /** Which of the connections so far. */
  readonly connection: number;
}

/** Answers with bytes, or with nothing, or by ending the connection. */
export type Script = (packet: Packet) => Buffer | undefined | 'reset';

/** What a broker says, byte by byte: for what an honest one says rarely, and for MQTT 5, which aedes does not speak. */
export class ScriptedBroker {
  readonly packets: Packet[] = [];
  readonly sockets: Socket[] = [];
  private readonly server: Server;

  constructor(
    public script: Script,
    tls?: { readonly key: string; readonly cert: string },
  ) {
    const serve = (socket: Socket): void => {
      this.serve(socket);
    };
    this.server = tls ? createTlsServer(tls, serve) : createServer(serve);
    this.server.on('tlsClientError', () => undefined);
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  stop(): void {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
  }

  of(type: number): readonly Packet[] {
    return this.packets.filter((packet) => packet.type === type);
  }

  private serve(socket: Socket): void {
    const connection = this.sockets.push(socket);
    const cut = mqttPackets([]);
    socket.on('error', () => undefined);
    socket.on('data', (bytes: Buffer) => {
      for (const part of cut(bytes)) {
        const first = part.bytes[0] ?? 0;
        const packet = { type: first >> 4, flags: first & 15, bytes: Buffer.from(part.bytes), connection };
        this.packets.push(packet);
        const answer = this.script(packet);
        if (answer === 'reset') socket.resetAndDestroy();
        else if (answer) socket.write(answer);
      }
    });
  }
}

export const [CONNECT, PUBLISH, PINGREQ, DISCONNECT] = [1, 3, 12, 14] as const;

/** Of a PUBLISH with QoS 1 and a short topic. */
export function packetIdOf({ bytes }: Packet): number {
  return bytes.readUInt16BE(topicEnd(bytes));
}

export function payloadOf({ bytes }: Packet, version: 4 | 5 = 4): string {
  return bytes.subarray(topicEnd(bytes) + 2 + (version === 5 ? 1 : 0)).toString();
}

function topicEnd(bytes: Buffer): number {
  const header = (bytes[1] ?? 0) < 0x80 ? 2 : 3;
  return header + 2 + bytes.readUInt16BE(header);
}

export function connack(code: number, version: 4 | 5 = 4, properties = Buffer.alloc(0)): Buffer {
  const body = version === 5 ? [0, code, properties.length, ...properties] : [0, code];
  return Buffer.from([0x20, body.length, ...body]);
}

export function puback(id: number, code?: number): Buffer {
  const body = [id >> 8, id & 0xff, ...(code === undefined ? [] : [code, 0])];
  return Buffer.from([0x40, body.length, ...body]);
}

/** Takes everybody in, and acknowledges everything. */
export function honest(version: 4 | 5 = 4): Script {
  return (packet) => {
    if (packet.type === CONNECT) return connack(0, version);
    if (packet.type === PINGREQ) return Buffer.from([0xd0, 0]);
    return packet.type === PUBLISH ? puback(packetIdOf(packet)) : undefined;
  };
}
