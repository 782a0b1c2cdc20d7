import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { EgressAddressRefusedError, EgressUrlRefusedError } from './egress.errors';
import { EgressGuard } from './egress-guard';
import { guardedConnection } from './guarded-connection';
import { HostResolver } from './host-resolver.port';

class Names extends HostResolver {
  constructor(private readonly address: string) {
    super();
  }

  async resolve(): Promise<readonly string[]> {
    return [this.address];
  }
}

const guard = (address: string, allowedCidrs: readonly string[] = ['127.0.0.1/32']): EgressGuard =>
  new EgressGuard({ allowedCidrs, ports: [443] }, new Names(address));

describe('a guarded connection', () => {
  let server: Server;
  let port: number;
  let connections = 0;

  beforeAll(async () => {
    server = createServer((socket) => {
      connections += 1;
      socket.end('welcome');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address() as AddressInfo);
  });

  afterAll(() => {
    server.close();
  });

  it('goes to the address that was judged', async () => {
    const socket = guardedConnection(guard('127.0.0.1'), { protocol: 'mqtt:', host: 'broker.example', port });
    const [said] = (await once(socket, 'data')) as [Buffer];
    expect([said.toString(), socket.remoteAddress, connections]).toEqual(['welcome', '127.0.0.1', 1]);
    socket.destroy();
  });

  it('is not made to a name that leads elsewhere, nor at all where nothing of the kind may be called', async () => {
    const before = connections;
    const inside = guardedConnection(guard('127.0.0.2'), { protocol: 'mqtt:', host: 'broker.example', port });
    await expect(once(inside, 'connect')).rejects.toThrow(EgressUrlRefusedError);
    const hidden = guardedConnection(guard('127.0.0.1', []), {
      protocol: 'mqtts:',
      host: 'broker.example',
      port: 8883,
      tls: {},
    });
    await expect(once(hidden, 'secureConnect')).rejects.toThrow(EgressAddressRefusedError);
    expect(() =>
      guardedConnection(guard('127.0.0.1', []), { protocol: 'smtp:', host: 'mail.example', port: 25 }),
    ).toThrow(EgressUrlRefusedError);
    expect(connections).toBe(before);
  });
});
