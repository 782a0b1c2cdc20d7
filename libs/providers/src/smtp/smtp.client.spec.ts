import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { DnsHostResolver, EgressGuard } from '@puente/egress';
import { loopbackEgress, selfSignedCertificate } from '@puente/integrations/contract-suite';
import { Cancellation, type Failure, Secret } from '@puente/kernel';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';
import { smtp } from './smtp.provider';
import type { SmtpConfig } from './smtp.schemas';

const login = { user: 'tienda', password: 'p4ss word' };
const mail = { to: 'ana@example.com', subject: 'Tu pago 🎉', text: 'Hola, Núñez' };

const stops: (() => void)[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

interface SendOptions {
  readonly egress?: EgressGuard;
  readonly cancel?: Cancellation;
}

function send(config: Partial<SmtpConfig>, given: Record<string, unknown> = mail, rest: SendOptions = {}) {
  const { egress = loopbackEgress(), cancel = new Cancellation() } = rest;
  const context = { tenantId: 't', externalId: 'x', installation: 'dev', egress };
  const whole: SmtpConfig = {
    host: '127.0.0.1',
    fromAddress: 'pagos@tienda.cl',
    fromName: 'Tienda, S.A. "Ñ"',
    ...config,
  };
  const client = smtp.connect(new Secret(login), whole, context);
  const call = { cancel, operationId: 'operation-1', dedupeKey: 'key-1' };
  return client.send(smtp.operations.send.input.parse(given), call);
}

async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeDefined();
  return smtp.classify(error);
}

interface Received {
  readonly mail: ParsedMail;
  readonly raw: string;
  readonly isSecure: boolean;
}

/** A real mail server; it demands a login. */
async function mailServer(options: ConstructorParameters<typeof SMTPServer>[0] = {}) {
  const received: Received[] = [];
  const server = new SMTPServer({
    logger: false,
    authMethods: ['PLAIN'],
    onAuth: ({ username, password }, _session, done) => {
      if (username === login.user && password === login.password) done(null, { user: username });
      else done(Object.assign(new Error('5.7.8 no'), { responseCode: 535 }));
    },
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const raw = Buffer.concat(chunks);
        void simpleParser(raw).then((parsed) => {
          received.push({ mail: parsed, raw: raw.toString(), isSecure: session.secure });
          done(null, 'OK: queued');
        });
      });
    },
    ...options,
  });
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(() => server.close());
  return { received, port: (server.server.address() as AddressInfo).port };
}

/** A server that answers as it is told, line by line. */
async function scripted(answer: (line: string, socket: Socket) => string | undefined) {
  const lines: string[] = [];
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write('220 ready\r\n');
    let rest = '';
    socket.on('data', (bytes: Buffer) => {
      rest += bytes.toString();
      for (let at = rest.indexOf('\r\n'); at >= 0; at = rest.indexOf('\r\n')) {
        const line = rest.slice(0, at);
        rest = rest.slice(at + 2);
        lines.push(line);
        const said = answer(line, socket);
        if (said !== undefined) socket.write(`${said}\r\n`);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(() => server.close());
  return { lines, port: (server.address() as AddressInfo).port };
}

const usual = (line: string): string | undefined => {
  if (line.startsWith('EHLO')) return '250-here\r\n250 AUTH PLAIN';
  if (line.startsWith('AUTH')) return '235 ok';
  if (line === 'DATA') return '354 go on';
  if (line === '.') return '250 taken';
  return /^(?:MAIL|RCPT|RSET|QUIT)/.test(line) ? '250 ok' : undefined;
};

const plain = { security: 'none' } as const;

describe('a mail', () => {
  it('arrives as it was given, in text and HTML, with one Message-ID for all repeats', async () => {
    const certificate = selfSignedCertificate();
    const { received, port } = await mailServer(certificate);
    const given = { ...mail, text: 'Línea\n.\n..\nFrom aquí', html: '<p>Hola, <b>Núñez</b></p>' };
    const config = { port, ca: certificate.cert };
    expect(await send(config, given)).toEqual({ messageId: 'operation-1@tienda.cl', response: '250 OK: queued' });
    await send(config, { ...given, messageId: 'mine@tienda.cl', from: 'otra@tienda.cl' });

    const [first, second] = received;
    expect(first?.mail).toMatchObject({
      subject: mail.subject,
      messageId: '<operation-1@tienda.cl>',
      html: given.html,
    });
    expect(first?.mail.text?.trim()).toBe(given.text);
    expect(first?.mail.from?.value).toEqual([{ address: 'pagos@tienda.cl', name: 'Tienda, S.A. "Ñ"' }]);
    expect(first?.raw).toMatch(/^Auto-Submitted: auto-generated\r$/m);
    expect(second?.mail).toMatchObject({
      messageId: '<mine@tienda.cl>',
      from: { value: [{ address: 'otra@tienda.cl', name: '' }] },
    });
    expect(received.map(({ isSecure }) => isSecure)).toEqual([true, true]);
  });

  it.each([
    { subject: 'a\r\nBcc: x@example.com' },
    { subject: 'a\nb' },
    { subject: 'a\u2028b' },
    { to: 'a@example.com, b@example.com' },
    { to: 'a@example.com\r\nRCPT TO:<b@example.com>' },
    { to: 'a@example.com>\r\nDATA' },
    { from: 'a@example.com\nBcc: b@example.com' },
    { messageId: 'a@b>\r\nBcc: x@example.com' },
    { messageId: 'a b@c' },
    { text: 'a\u0000b' },
    { text: undefined },
    { attachments: [{ path: '/etc/passwd' }] },
  ])('with %j is refused before it is accepted', (over) => {
    expect(smtp.operations.send.input.safeParse({ ...mail, ...over }).success).toBe(false);
  });

  it('reads no file and no address, whatever its text says', async () => {
    const { received, port } = await mailServer({ disabledCommands: ['STARTTLS'], allowInsecureAuth: true });
    await send({ port, ...plain }, { ...mail, text: '/etc/hostname', html: '<img src="file:///etc/hostname">' });
    expect(received[0]?.mail.text?.trim()).toBe('/etc/hostname');
    expect(received[0]?.mail.attachments).toEqual([]);
  });
});

describe('encryption', () => {
  it.each(['starttls', 'tls'] as const)('with %s proves whom it reaches, before anything is said', async (security) => {
    const certificate = selfSignedCertificate();
    const { received, port } = await mailServer({ ...certificate, secure: security === 'tls' });
    await send({ port, security, ca: certificate.cert });
    for (const ca of [undefined, selfSignedCertificate().cert]) {
      const config = { port, security, ...(ca === undefined ? {} : { ca }) };
      expect(await failureOf(send(config))).toMatchObject({ kind: 'not_sent', cause: 'tls' });
    }
    expect(received.map(({ isSecure }) => isSecure)).toEqual([true]);
  });

  it('is not done without: a server that has no STARTTLS learns neither user nor mail', async () => {
    const { lines, port } = await scripted((line) => (line === 'STARTTLS' ? '502 no' : usual(line)));
    expect(await failureOf(send({ port }))).toMatchObject({ kind: 'unauthorized', code: 'STARTTLS_REFUSED' });
    expect(lines.join('\n')).not.toMatch(/AUTH|MAIL/);
  });

  it('is demanded where the operator allows nothing else, and only his networks are reached', async () => {
    const strict = new EgressGuard({ allowedCidrs: [], ports: [443] }, new DnsHostResolver());
    const { lines, port } = await scripted(usual);
    for (const [config, code] of [
      [{ port, ...plain }, 'EGRESS_URL_REFUSED'],
      [{ port: 25 }, 'EGRESS_URL_REFUSED'],
      [{}, 'EGRESS_ADDRESS_REFUSED'],
      [{ host: 'localhost', security: 'tls' }, 'EGRESS_ADDRESS_REFUSED'],
    ] as const)
      expect(await failureOf(send(config, mail, { egress: strict }))).toMatchObject({ kind: 'unauthorized', code });
    expect(lines).toEqual([]);
  });
});

describe('what a server says', () => {
  const at = (wanted: string, said: string) => (line: string) => (line.startsWith(wanted) ? said : usual(line));

  it.each([
    ['EHLO', '421 later', { kind: 'throttled', code: '421' }],
    ['AUTH', '535 5.7.8 no', { kind: 'unauthorized', code: '535' }],
    ['AUTH', '550 account disabled', { kind: 'unauthorized' }],
    ['AUTH', '454 4.7.0 later', { kind: 'throttled', code: '454' }],
    ['MAIL', '530 5.7.0 sign in', { kind: 'unauthorized', code: '530' }],
    ['MAIL', '553 no such sender', { kind: 'rejected', code: '553' }],
    ['RCPT', '450 4.2.0 greylisted', { kind: 'throttled', code: '450' }],
    ['RCPT', '550 5.1.1 nobody', { kind: 'rejected', code: '550' }],
    ['DATA', '451 later', { kind: 'throttled', code: '451' }],
    ['DATA', '554 no', { kind: 'rejected', code: '554' }],
    ['.', '452 full', { kind: 'throttled', code: '452' }],
    ['.', '421 closing', { kind: 'throttled', code: '421' }],
    ['.', '552 too large', { kind: 'rejected', code: '552' }],
    ['.', '354 what?', { kind: 'unknown', cause: 'bad_body' }],
    ['.', 'hotel network', { kind: 'unknown', cause: 'bad_body' }],
  ])('to %s, "%s"', async (wanted, said, failure) => {
    const { port, lines } = await scripted(at(wanted, said));
    expect(await failureOf(send({ port, ...plain }))).toMatchObject(failure);
    expect(lines.filter((line) => line === '.').length).toBe(wanted === '.' ? 1 : 0);
  });

  it('is too late for the content when nobody counts on the mail any more, though nobody has said so yet (F11)', async () => {
    let isLate = false;
    let gone: Promise<unknown> | undefined;
    const { port, lines } = await scripted((line, socket) => {
      isLate ||= line === 'DATA';
      gone ??= new Promise((resolve) => socket.on('close', resolve));
      return usual(line);
    });
    const cancel = new Cancellation(undefined, () => isLate);

    expect(await failureOf(send({ port, ...plain }, mail, { cancel }))).toMatchObject({
      kind: 'not_sent',
      cause: 'deadline',
    });
    await gone;
    expect(lines.at(-1)).toBe('DATA');
  });

  it.each(['EHLO', 'AUTH', 'MAIL', 'RCPT', 'DATA'])(
    'with the end of the connection at %s is proof that there is no mail',
    async (wanted) => {
      const { port } = await scripted((line, socket) => {
        if (!line.startsWith(wanted)) return usual(line);
        socket.destroy();
        return undefined;
      });
      expect(await failureOf(send({ port, ...plain }))).toMatchObject({ kind: 'not_sent' });
    },
  );
});
