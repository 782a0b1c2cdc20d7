import type { LookupOptions } from 'node:dns';
import { EgressAddressRefusedError, EgressHostUnresolvedError, EgressUrlRefusedError } from './egress.errors';
import { EgressGuard, type EgressRules } from './egress-guard';
import type { EgressReports } from './egress-reports.port';
import { HostResolver } from './host-resolver.port';

/** A name server: what it was asked, and what it says. */
class Names extends HostResolver {
  readonly asked: string[] = [];

  constructor(private readonly answers: Readonly<Record<string, readonly string[]>> = {}) {
    super();
  }

  async resolve(host: string): Promise<readonly string[]> {
    this.asked.push(host);
    return this.answers[host] ?? [];
  }
}

const world = {
  'good.example': ['2a00:1450:4001:800::200e', '93.184.216.34'],
  'bad.example': ['93.184.216.34', '10.0.0.1'],
  'mapped.example': ['::ffff:8.8.8.8'],
  'odd.example': ['not an address'],
  'inside.example': ['10.20.0.7', '10.20.0.8'],
  'half.example': ['10.20.0.7', '10.21.0.7'],
  minio: ['10.20.0.9'],
  'secret.internal': ['10.99.0.1'],
};

function guard(rules: Partial<EgressRules> = {}, names: HostResolver = new Names(world)): EgressGuard {
  return new EgressGuard({ allowedCidrs: [], ports: [443, 8443], ...rules }, names, reports, 100);
}

const inside = { allowedCidrs: ['10.20.0.0/16', 'fd12::/48'] };

/** What was told, one word a refusal. */
const told: string[] = [];
const reports: EgressReports = {
  notSaved: ({ code }) => void told.push(`save ${code}`),
  notConnected: ({ host }, { code }) => void told.push(`connect ${host} ${code}`),
};

beforeEach(() => {
  told.length = 0;
});

describe('a URL', () => {
  it.each([
    'https://good.example/hook?x=1',
    'https://good.example:8443',
    'HTTPS://GOOD.example',
    'https://93.184.216.34/',
    'mqtts://good.example',
    'mqtts://good.example:8883',
    'mqtts://good.example:443',
    'https://[2a00:1450:4001:800::200e]:8443/',
  ])('such as %s may be called', async (url) => {
    await expect(guard().check(url)).resolves.toBeUndefined();
  });

  it.each([
    ['another scheme', 'ftp://good.example/'],
    ['a file', 'file:///etc/passwd'],
    ['no TLS', 'http://good.example/'],
    ['no TLS to an address', 'http://93.184.216.34/'],
    ['no TLS to a broker', 'mqtt://good.example/'],
    ['the port of brokers for another protocol', 'https://good.example:8883/'],
    ['another port of a broker', 'mqtts://good.example:1883/'],
    ['a broker without a host', 'mqtts://'],
    ['a broker whose host is none', 'mqtts://a%00b/'],
    ['another port', 'https://good.example:22/'],
    ['port 0', 'https://good.example:0/'],
    ['a user', 'https://user@good.example/'],
    ['a password', 'https://:word@good.example/'],
    ['a host before the host', 'https://good.example@bad.example/'],
    ['a trailing dot', 'https://good.example./'],
    ['a tab', 'https://good.exa\tmple/'],
    ['a line break', 'https://good.example/\n'],
    ['a blank', ' https://good.example/'],
    ['a backslash', 'https://good.example\\@bad.example/'],
    ['a zone', 'https://[fe80::1%25eth0]/'],
    ['five numbers', 'https://1.2.3.4.5/'],
    ['no host', 'https://'],
    ['no URL', 'good.example'],
    ['no end', `https://good.example/${'x'.repeat(2_048)}`],
  ])('with %s may not', async (_name, url) => {
    await expect(guard().check(url)).rejects.toThrow(EgressUrlRefusedError);
  });

  it('of a broker is read as one of a server is, whatever form its address has', async () => {
    for (const host of ['2130706433', '0x7f.1', '127.1', '①②⑦.⓪.⓪.①', '[::ffff:127.0.0.1]'])
      await expect(guard().check(`mqtts://${host}/`)).rejects.toThrow(EgressAddressRefusedError);
  });

  it('may have the ports that the operator says, and says which these are', async () => {
    const own = guard({ ports: [9443] });
    await expect(own.check('https://good.example:9443/')).resolves.toBeUndefined();
    await expect(own.check('https://good.example/')).rejects.toThrow(/port 443 is not one .* \(9443\)/);
  });
});

describe('a mail server', () => {
  const of = (protocol: string, port: number) => ({ protocol, host: 'good.example', port });

  it('is reached over TLS, at its own ports and those of the operator', async () => {
    for (const [protocol, port] of [
      ['smtp+starttls:', 587],
      ['smtps:', 465],
      ['smtps:', 8443],
    ] as const)
      await expect(guard().addresses(of(protocol, port))).resolves.toHaveLength(2);
    for (const [protocol, port] of [
      ['smtp+starttls:', 25],
      ['smtps:', 587],
      ['smtp:', 587],
    ] as const)
      await expect(guard().addresses(of(protocol, port))).rejects.toThrow(EgressUrlRefusedError);
  });
});

describe('a name', () => {
  it('is refused whole for one address that is not public', async () => {
    for (const host of ['bad.example', 'mapped.example', 'odd.example', 'inside.example'])
      await expect(guard().check(`https://${host}/`)).rejects.toThrow(EgressAddressRefusedError);
  });

  it('that nobody knows is said to be unknown', async () => {
    await expect(guard().check('https://nobody.example/')).rejects.toThrow(EgressHostUnresolvedError);
  });

  it('whose name servers fail or do not answer is said to be unknown, in time', async () => {
    const failing = new (class extends HostResolver {
      resolve = (): Promise<never> => Promise.reject(new Error('SERVFAIL'));
    })();
    const silent = new (class extends HostResolver {
      resolve = (): Promise<never> => new Promise<never>(() => undefined);
    })();
    for (const names of [failing, silent])
      await expect(guard({}, names).check('https://slow.example/')).rejects.toThrow(EgressHostUnresolvedError);
  });

  it.each(['localhost', 'minio', 'secret.internal', 'printer.local', 'nas.home.arpa', 'A.LAN'])(
    'of a private network, %s, is not even asked for, and what is said does not tell whether it exists',
    async (host) => {
      const names = new Names(world);
      await expect(guard({}, names).check(`https://${host}/`)).rejects.toThrow(EgressAddressRefusedError);
      expect(names.asked).toEqual([]);
      for (const known of [host, `no-${host}`])
        await expect(guard({ allowedCidrs: ['10.66.0.0/16'] }).check(`https://${known}/`)).rejects.toMatchObject({
          code: 'EGRESS_ADDRESS_REFUSED',
          message: expect.not.stringMatching(/\d/) as string,
        });
    },
  );
});

describe('a network that the operator allows', () => {
  it.each([
    'http://10.20.0.1/',
    'http://10.20.0.1:8080/',
    'https://10.20.255.255:9000/',
    'http://[fd12::1]:9000/',
    'http://inside.example:9000/',
    'http://minio:9000/',
  ])('is reached over http and on any port: %s', async (url) => {
    await expect(guard(inside).check(url)).resolves.toBeUndefined();
  });

  it.each([
    ['its neighbour', 'https://10.21.0.1/', 'EGRESS_ADDRESS_REFUSED'],
    ['its neighbour over http', 'http://10.21.0.1/', 'EGRESS_URL_REFUSED'],
    ['an address of it inside IPv6', 'https://[::ffff:10.20.0.1]/', 'EGRESS_ADDRESS_REFUSED'],
    ['a name that is only half inside', 'https://half.example/', 'EGRESS_ADDRESS_REFUSED'],
    ['a name that is only half inside, over http', 'http://half.example/', 'EGRESS_URL_REFUSED'],
    ['a public name over http', 'http://good.example/', 'EGRESS_URL_REFUSED'],
    ['an unknown name over http', 'http://nobody.example/', 'EGRESS_URL_REFUSED'],
    ['a public name on another port', 'https://good.example:9000/', 'EGRESS_URL_REFUSED'],
  ])('does not open %s', async (_name, url, code) => {
    await expect(guard(inside).check(url)).rejects.toMatchObject({ code });
  });

  it('may have names that are unknown for a while, which a call may be told: it was known when it was saved', async () => {
    const minio = { protocol: 'http:', host: 'minio', port: 9000 };
    await expect(guard(inside, new Names()).addresses(minio)).rejects.toThrow(EgressHostUnresolvedError);
  });

  it('can be all that is reached', async () => {
    const own = guard(inside);
    await expect(own.check('http://inside.example/', 'allowed')).resolves.toBeUndefined();
    for (const host of ['good.example', '93.184.216.34', 'nobody.example'])
      await expect(own.check(`https://${host}/`, 'allowed')).rejects.toThrow(EgressAddressRefusedError);
  });
});

describe('a host as an agent of Node has it', () => {
  it.each(['fe80::1%eth0', '::1%lo', '127.0.0.1%lo', '[::1', 'good.example.', 'good.example:443', ''])(
    'is refused before anything is looked up when it is neither a plain name nor an address: %j',
    (host) => {
      expect(() => guard().admit({ protocol: 'https:', host, port: 443 })).toThrow(EgressUrlRefusedError);
    },
  );
});

describe('a lookup', () => {
  const lookup = (host: string, options: LookupOptions): Promise<unknown[]> =>
    new Promise((resolve) => {
      guard().lookup({ protocol: 'https:', port: 443 })(host, options, (...answer) => {
        resolve(answer);
      });
    });

  it('answers in the forms that Node asks for, IPv4 first', async () => {
    const four = { address: '93.184.216.34', family: 4 };
    const six = { address: '2a00:1450:4001:800::200e', family: 6 };
    expect(await lookup('good.example', { all: true })).toEqual([null, [four, six]]);
    expect(await lookup('good.example', {})).toEqual([null, four.address, 4]);
    expect(await lookup('good.example', { family: 6 })).toEqual([null, six.address, 6]);
    expect(await lookup('good.example', { all: true, family: 4 })).toEqual([null, [four]]);
  });

  it('is reported when it fails, and so is a URL that is not saved', async () => {
    await lookup('bad.example', { all: true });
    await lookup('good.example', { all: true });
    expect(() => guard().admit({ protocol: 'https:', host: '10.0.0.1', port: 443 })).toThrow();
    await expect(guard().check('https://bad.example/')).rejects.toThrow();
    await expect(guard().check('ftp://bad.example/')).rejects.toThrow();

    const refused = 'EGRESS_ADDRESS_REFUSED';
    expect(told).toEqual([
      ...[`connect bad.example ${refused}`, `connect 10.0.0.1 ${refused}`],
      ...[`save ${refused}`, 'save EGRESS_URL_REFUSED'],
    ]);
  });

  it('fails with what was refused', async () => {
    expect(await lookup('bad.example', { all: true })).toMatchObject([{ code: 'EGRESS_ADDRESS_REFUSED' }, '']);
    expect(await lookup('mapped.example', { family: 4 })).toMatchObject([{ code: 'EGRESS_ADDRESS_REFUSED' }, '']);
  });
});
