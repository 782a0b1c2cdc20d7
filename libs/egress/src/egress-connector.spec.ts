import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { Agent, Pool } from 'undici';
import { egressConnector } from './egress-connector';
import { EgressGuard, type EgressRules } from './egress-guard';
import { HostResolver } from './host-resolver.port';

/** On loopback, and nobody may come: or, where it is allowed, answers with how often it was connected to. */
let listener: Server;
let port: number;
let connections: number;
const open: { destroy(): Promise<void> }[] = [];

beforeAll(async () => {
  listener = createServer((socket: Socket) => {
    connections += 1;
    socket.on('error', () => undefined);
    socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok'));
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  port = (listener.address() as AddressInfo).port;
});

beforeEach(() => {
  connections = 0;
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.destroy()));
});

afterAll(() => {
  listener.close();
});

/** A name server whose mind changes: each question gets the next answer, the last one for ever. */
class Flipping extends HostResolver {
  asked = 0;

  constructor(private readonly answers: readonly (readonly string[])[]) {
    super();
  }

  async resolve(): Promise<readonly string[]> {
    const answer = this.answers[Math.min(this.asked, this.answers.length - 1)] ?? [];
    this.asked += 1;
    return answer;
  }
}

function guard(names: HostResolver, rules: Partial<EgressRules> = {}): EgressGuard {
  return new EgressGuard({ allowedCidrs: [], ports: [port], ...rules }, names, undefined, 200);
}

async function outcome(by: EgressGuard, url: string): Promise<unknown> {
  const pool = new Pool(new URL(url).origin, { connect: egressConnector(by, { timeoutMs: 1_000 }) });
  open.push(pool);
  const asked = pool.request({ method: 'GET', path: '/' });
  return asked.then(
    async ({ body }) => body.text(),
    (error: unknown) => (error as { code?: unknown }).code,
  );
}

describe('a connector', () => {
  it('dials what is allowed, by address and by name, and asks for a name once', async () => {
    const names = new Flipping([['127.0.0.1']]);
    const own = guard(names, { allowedCidrs: ['127.0.0.0/8'] });

    expect(await outcome(own, `http://127.0.0.1:${String(port)}`)).toBe('ok');
    expect(await outcome(own, `http://inside.example:${String(port)}`)).toBe('ok');
    expect([connections, names.asked]).toEqual([2, 1]);
  });

  it.each(['http', 'https'])('judges an address for which Node looks nothing up, over %s', async (scheme) => {
    for (const host of ['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', '0.0.0.0', '[::]', '2130706433', 'localhost'])
      expect(await outcome(guard(new Flipping([])), `${scheme}://${host}:${String(port)}`)).toMatch(/^EGRESS_/);
    expect(connections).toBe(0);
  });

  it('never dials a name whose answer changed since it was saved: what is judged is what is dialled (T17)', async () => {
    const names = new Flipping([['93.184.216.34'], ['127.0.0.1']]);
    const own = guard(names);

    await own.check(`https://flips.example:${String(port)}/`);

    expect(await outcome(own, `https://flips.example:${String(port)}`)).toBe('EGRESS_ADDRESS_REFUSED');
    expect([connections, names.asked]).toEqual([0, 2]);
  });

  it('does not ask again after it has judged, whatever the next answer would be', async () => {
    const names = new Flipping([['127.0.0.1'], ['127.0.0.2']]);
    const own = guard(names, { allowedCidrs: ['127.0.0.1/32'] });

    expect(await outcome(own, `http://flips.example:${String(port)}`)).toBe('ok');
    expect(names.asked).toBe(1);
    expect(await outcome(own, `http://flips.example:${String(port)}`)).toBe('EGRESS_URL_REFUSED');
  });

  it('dials nothing of an answer with one bad address among good ones', async () => {
    const names = new Flipping([['93.184.216.34', '127.0.0.1', '1.1.1.1']]);
    expect(await outcome(guard(names), `https://mixed.example:${String(port)}`)).toBe('EGRESS_ADDRESS_REFUSED');
    expect(connections).toBe(0);
  });

  it('gives up on a name server that does not answer', async () => {
    const silent = new (class extends HostResolver {
      resolve = (): Promise<never> => new Promise<never>(() => undefined);
    })();
    expect(await outcome(guard(silent), `https://slow.example:${String(port)}`)).toBe('EGRESS_HOST_UNRESOLVED');
  });

  it('knows no proxy of the environment and follows no redirect', async () => {
    const before = { ...process.env };
    const proxy = `http://127.0.0.1:${String(port)}`;
    for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY']) {
      process.env[name] = proxy;
      process.env[name.toLowerCase()] = proxy;
    }
    process.env.NODE_USE_ENV_PROXY = '1';
    try {
      await outcome(guard(new Flipping([['127.0.0.1']])), 'https://proxied.example');
    } finally {
      process.env = before;
    }
    expect(connections).toBe(0);
  });

  it('serves an agent for many origins, each judged by its own scheme and port', async () => {
    const own = guard(new Flipping([['127.0.0.1']]), { allowedCidrs: ['127.0.0.1/32'] });
    const agent = new Agent({ connect: egressConnector(own, { timeoutMs: 1_000 }) });
    open.push(agent);

    const { statusCode, body } = await agent.request({
      origin: `http://127.0.0.1:${String(port)}`,
      method: 'GET',
      path: '/',
    });
    await body.dump();
    const refused = agent.request({ origin: `http://127.0.0.2:${String(port)}`, method: 'GET', path: '/' });

    expect(statusCode).toBe(200);
    await expect(refused).rejects.toMatchObject({ code: 'EGRESS_URL_REFUSED' });
  });
});
