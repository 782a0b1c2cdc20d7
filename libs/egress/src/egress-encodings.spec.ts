import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { parseIp } from '@puente/kernel';
import fc from 'fast-check';
import { Pool } from 'undici';
import { egressConnector } from './egress-connector';
import { EgressGuard } from './egress-guard';
import { guardedSocket } from './guarded-socket';
import { HostResolver } from './host-resolver.port';
import { isPublic } from './special-ranges';

/** Everything that is no address to the guard is loopback to the name server: nothing gets past by not being one. */
class HostileNames extends HostResolver {
  async resolve(): Promise<readonly string[]> {
    return ['127.0.0.1', '::1'];
  }
}

const listeners: Server[] = [];
const ports: number[] = [];
let connections = 0;

beforeAll(async () => {
  for (const host of ['127.0.0.1', '::1']) {
    const listener = createServer((socket: Socket) => {
      connections += 1;
      socket.destroy();
    });
    listeners.push(listener);
    await new Promise<void>((resolve) => {
      // A machine without IPv6 has one listener less, and nothing to protect there.
      listener.once('error', () => resolve()).listen(0, host, resolve);
    });
    const address = listener.address() as AddressInfo | null;
    if (address) ports.push(address.port);
  }
});

afterEach(() => {
  expect(connections).toBe(0);
});

afterAll(() => {
  for (const listener of listeners) listener.close();
});

type Quad = readonly [number, number, number, number];

const byte = fc.integer({ min: 0, max: 255 });
const forbidden: fc.Arbitrary<Quad> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<Quad>([127, 0, 0, 1], [169, 254, 169, 254], [0, 0, 0, 0], [10, 0, 0, 1]) },
  fc.tuple(fc.constantFrom(0, 10, 127, 224, 240, 255), byte, byte, byte),
  fc.tuple(fc.constant(100), fc.integer({ min: 64, max: 127 }), byte, byte),
  fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), byte, byte),
  fc.tuple(fc.constant(192), fc.constant(168), byte, byte),
  fc.tuple(fc.constant(198), fc.constantFrom(18, 19), byte, byte),
);

const valueOf = (quad: Quad): number => quad.reduce((value, part) => value * 256 + part, 0);
const hex = (value: number, width = 0): string => value.toString(16).padStart(width, '0');

/** One number of an address, as C's `inet_aton` and WHATWG's parser read it. */
const spelled = (value: number): fc.Arbitrary<string> =>
  fc.oneof(
    fc.constant(String(value)),
    fc.nat({ max: 3 }).map((zeros) => `0${'0'.repeat(zeros)}${value.toString(8)}`),
    fc.nat({ max: 3 }).map((zeros) => `0x${'0'.repeat(zeros)}${hex(value)}`),
    fc.constant(`0X${hex(value).toUpperCase()}`),
  );

/** All of an address: four numbers, or fewer of which the last one holds the rest. */
const dotted = (quad: Quad): fc.Arbitrary<string> =>
  fc.integer({ min: 1, max: 4 }).chain((count) => {
    const head = quad.slice(0, count - 1);
    const rest = valueOf(quad) % 256 ** (5 - count);
    return fc.tuple(...[...head, rest].map(spelled)).map((parts) => parts.join('.'));
  });

const FULL_WIDTH = 0xff10 - 0x30;
const CIRCLED = ['⓪', '①', '②', '③', '④', '⑤', '⑥', '⑦', '⑧', '⑨'];

/** The same text to WHATWG's parser: other digits, other dots, percent signs, a dot at the end. */
const disguised = (text: string): fc.Arbitrary<string> =>
  fc
    .array(fc.constantFrom('plain', 'full', 'circled', 'percent', 'dot'), {
      minLength: text.length,
      maxLength: text.length,
    })
    .chain((ways) =>
      fc.constantFrom('', '.').map(
        (end) =>
          text
            .split('')
            .map((char, at) => {
              const isDigit = /\d/.test(char);
              if (ways[at] === 'percent') return `%${hex(char.charCodeAt(0), 2)}`;
              if (ways[at] === 'dot' && char === '.') return ['。', '．', '｡'][at % 3] ?? '.';
              if (ways[at] === 'full' && isDigit) return String.fromCharCode(char.charCodeAt(0) + FULL_WIDTH);
              return ways[at] === 'circled' && isDigit ? (CIRCLED[Number(char)] ?? char) : char;
            })
            .join('') + end,
      ),
    );

/** IPv6 addresses that carry one of version 4, in several spellings. */
const embedded = (quad: Quad): fc.Arbitrary<string> => {
  const plain = quad.join('.');
  const [high, low] = [valueOf(quad) >>> 16, valueOf(quad) & 0xffff].map((half) => hex(half));
  const both = `${high ?? ''}:${low ?? ''}`;
  return fc
    .constantFrom(
      ...['::ffff:', '0:0:0:0:0:ffff:', '0000:0000::ffff:', '::', '0:0:0:0:0:0:', '::ffff:0:', '64:ff9b::'].flatMap(
        (prefix) => [`${prefix}${plain}`, `${prefix}${both}`],
      ),
      ...[`2002:${both}::1`, `64:ff9b:1:${both}::`, `2001:0:${both}::1`, `2001:db8::5efe:${plain}`],
      ...[`2a00:1450:4001:800:0:5efe:${plain}`, `::5efe:${both}`, `fe80::${both}`, `fc00::${both}`, `fec0::${both}`],
      ...['::1', '0:0:0:0:0:0:0:1', '::0001', '::', 'fd00:ec2::254', 'ff02::1', '5f00::1', '100::1'],
    )
    .chain((text) => fc.constantFrom(text, text.toUpperCase()))
    .map((text) => `[${text}]`);
};

const hidden = forbidden.chain((quad) =>
  fc.oneof({ weight: 3, arbitrary: dotted(quad).chain(disguised) }, { weight: 2, arbitrary: embedded(quad) }),
);

const guard = (): EgressGuard => new EgressGuard({ allowedCidrs: [], ports }, new HostileNames());

async function codeOf(work: () => Promise<unknown>): Promise<unknown> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}

describe('an address in disguise (T17)', () => {
  const runs = { numRuns: 400 };
  const port = fc.nat({ max: 1 }).map((at) => ports[at % ports.length] ?? 0);

  it('is refused when its URL is saved', async () => {
    await fc.assert(
      fc.asyncProperty(hidden, port, fc.constantFrom('https', 'http'), async (host, at, scheme) => {
        const url = `${scheme}://${host}:${String(at)}/`;
        expect(await codeOf(() => guard().check(url))).toMatch(/^EGRESS_(URL|ADDRESS)_REFUSED$/);
      }),
      runs,
    );
  });

  it('is never connected to by undici', async () => {
    const connect = egressConnector(guard(), { timeoutMs: 1_000 });
    await fc.assert(
      fc.asyncProperty(hidden, port, fc.constantFrom('https', 'http'), async (host, at, scheme) => {
        const url = `${scheme}://${host}:${String(at)}/`;
        if (!URL.canParse(url)) return;
        const pool = new Pool(new URL(url).origin, { connect });
        expect(await codeOf(() => pool.request({ method: 'GET', path: '/' }))).toMatch(/^EGRESS_/);
        await pool.destroy();
      }),
      runs,
    );
  });

  it('is never connected to by an agent of Node, which is given hosts as they were written', async () => {
    const lookedUp = (host: string, at: number): Promise<unknown> =>
      codeOf(async () => {
        const { lookup } = guardedSocket({ guard: guard(), reach: 'public' }, 'https:', { host, port: at });
        await new Promise((resolve, reject) => {
          lookup(host, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses)));
        });
      });
    await fc.assert(
      fc.asyncProperty(hidden, port, async (host, at) => {
        expect(await lookedUp(host, at)).toMatch(/^EGRESS_/);
      }),
      runs,
    );
  });
});

describe('an address', () => {
  it('is judged by what it is, however it is written: public ones are let through', async () => {
    const quad: fc.Arbitrary<Quad> = fc.tuple(byte, byte, byte, byte);
    const written = quad.chain((parts) => dotted(parts).map((text) => ({ text, plain: parts.join('.') })));
    await fc.assert(
      fc.asyncProperty(written, async ({ text, plain }) => {
        const address = parseIp(plain);
        const refused = await codeOf(() => guard().check(`https://${text}:${String(ports[0])}/`));
        expect(refused).toBe(address && isPublic(address) ? undefined : 'EGRESS_ADDRESS_REFUSED');
      }),
      { numRuns: 400 },
    );
  });
});
