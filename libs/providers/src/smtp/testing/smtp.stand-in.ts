import type { Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import type {
  ControlCall,
  ControlReply,
  ControlRoute,
  FaultOrder,
  SandboxServices,
} from '@puente/integrations/testing';
import { RevocableKeys, SocketStandIn } from '@puente/integrations/testing';
import { simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import { mailboxPage, mailPage, type ReceivedMail } from './mailbox-page';

/** As whom anybody signs in at the sandbox's mail server. */
export const SANDBOX_MAIL_LOGIN = { user: 'sandbox-smtp', password: 'sandbox-smtp-password' } as const;

type Refuse = (error: Error) => void;
type Done = (error?: Error | null, message?: string) => void;
const RESET = 'reset';

/**
 * A mail server on a port of its own, without TLS, that delivers to one mailbox: what came is shown over the control
 * plane, and as a page to browsers. A mail is a committed row before it is answered for.
 *
 * Its faults are of the operations `auth`, `rcpt` and `data`: `status` is the reply's code, `message` its text; `reset`
 * ends the connection, of `data` before or after the mail was delivered; `delayMs` and `applyAfterMs` as everywhere.
 */
export class SmtpStandIn extends SocketStandIn {
  readonly id = 'smtp';
  readonly schema = RevocableKeys.schema;
  readonly tables = [RevocableKeys.table];
  private running: { readonly services: SandboxServices; readonly keys: RevocableKeys } | undefined;
  private server: SMTPServer | undefined;

  /** @param wantedPort left out: there is no server, only the control plane */
  constructor(private readonly wantedPort?: number) {
    super();
  }

  get port(): number {
    return this.server ? (this.server.server.address() as AddressInfo).port : 0;
  }

  get control(): readonly ControlRoute[] {
    return [
      ...this.parts.keys.routes(),
      {
        method: 'GET',
        path: 'received',
        summary: 'Every mail, oldest first; a browser gets a page. ?since=<time> ?limit=<n>',
        handle: (call) => this.received(call),
      },
      {
        method: 'GET',
        path: 'messages/{name}',
        summary: 'One mail by its Message-ID, as a page or as JSON.',
        handle: (call) => this.message(call),
      },
      {
        method: 'GET',
        path: 'server',
        summary: 'Where the server listens, and as whom to sign in.',
        handle: async () => ({ status: 200, body: { host: '127.0.0.1', port: this.port, ...SANDBOX_MAIL_LOGIN } }),
      },
    ];
  }

  override async start(services: SandboxServices): Promise<void> {
    this.running = { services, keys: await RevocableKeys.load(services, this.id) };
    if (this.wantedPort === undefined) return;
    const server = this.build();
    await new Promise<void>((resolve, reject) => {
      server.server.once('error', reject);
      server.listen(this.wantedPort, '127.0.0.1', resolve);
    });
    server.on('error', () => undefined); // a client that went away
    this.server = server;
  }

  async reset(): Promise<void> {
    this.running?.keys.forget();
  }

  override async stop(): Promise<void> {
    const { server } = this;
    if (!server) return;
    for (const { _socket: socket } of server.connections) socket.destroy();
    await new Promise<void>((resolve) => {
      server.close(resolve);
    });
  }

  private build(): SMTPServer {
    return new SMTPServer({
      logger: false,
      noDelay: true,
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
      authMethods: ['PLAIN', 'LOGIN'],
      closeTimeout: 200,
      disableReverseLookup: true,
      onAuth: ({ username, password }, session, done) => {
        void this.meet('auth', '', session, done, async () => {
          const { user, password: right } = SANDBOX_MAIL_LOGIN;
          if (username !== user || password !== right || !this.parts.keys.opens(user))
            throw reply(535, '5.7.8 Authentication credentials invalid');
          done(null, { user });
        });
      },
      onRcptTo: ({ address }, session, done) => {
        void this.meet('rcpt', address, session, done, async () => {
          done();
        });
      },
      onData: (stream, session, done) => {
        void this.data(stream, session, done);
      },
    });
  }

  private async data(stream: AsyncIterable<Buffer>, session: SMTPServerSession, done: Done): Promise<void> {
    const raw = await read(stream).catch(() => undefined);
    if (!raw) return; // the client went away in the middle of it
    await this.meet('data', raw, session, done, async (fault) => {
      await pause(fault?.applyAfterMs);
      await this.deliver(raw, session);
      await pause(fault?.delayMs);
      if (fault?.reset === 'after') throw new Error(RESET);
      done(null, 'OK: message queued');
    });
  }

  /** Lets a fault have its way first. What `work` throws is the reply. */
  private async meet(
    operation: string,
    body: string | Buffer,
    session: SMTPServerSession,
    refuse: Refuse,
    work: (fault: FaultOrder | undefined) => Promise<void>,
  ): Promise<void> {
    const fault = this.parts.services.faults.take(this.id, operation, Buffer.from(body));
    try {
      if (fault?.status !== undefined) {
        if (fault.apply === true) await work({ ...fault, reset: 'after' });
        await pause(fault.delayMs);
        throw reply(fault.status, fault.message ?? 'By order of the sandbox');
      }
      if (fault?.reset === 'before') throw new Error(RESET);
      if (operation !== 'data') await pause(fault?.delayMs);
      await work(fault);
    } catch (error) {
      if (error instanceof Error && error.message === RESET) this.socketOf(session)?.resetAndDestroy();
      else refuse(error as Error);
    }
  }

  private socketOf(session: SMTPServerSession): Socket | undefined {
    for (const connection of this.server?.connections ?? [])
      if (connection.session.id === session.id) return connection._socket;
    return undefined;
  }

  private async deliver(raw: Buffer, { envelope }: SMTPServerSession): Promise<void> {
    const { services } = this.parts;
    const mail = await simpleParser(raw);
    const sender = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
    const effect = {
      from: mail.from?.text ?? sender,
      to: envelope.rcptTo.map(({ address }) => address).join(', '),
      subject: mail.subject ?? '',
      ...(mail.text === undefined ? {} : { text: mail.text }),
      ...(typeof mail.html === 'string' ? { html: mail.html } : {}),
      messageId: (mail.messageId ?? '').replace(/^<|>$/g, ''),
      envelope: { from: sender, to: envelope.rcptTo.map(({ address }) => address) },
      headers: mail.headerLines.map(({ line }) => line),
    };
    await services.effects.record(this.id, 'send', effect, services.clock.offsetMs(this.id));
  }

  private async received({ query, accept }: ControlCall): Promise<ControlReply> {
    const since = query.get('since');
    const limit = query.get('limit');
    const mails = await this.parts.services.effects.list(this.id, {
      since: since === null ? undefined : new Date(since),
      limit: limit === null ? undefined : Number(limit),
    });
    if (!accept.includes('text/html')) return { status: 200, body: mails };
    return { status: 200, body: mails, html: mailboxPage(mails as unknown as ReceivedMail[]) };
  }

  private async message({ name, accept }: ControlCall): Promise<ControlReply> {
    const mails = (await this.parts.services.effects.list(this.id)) as unknown as ReceivedMail[];
    const mail = mails.findLast(({ messageId }) => messageId === name);
    if (!mail) return { status: 404, body: { error: 'There is no such mail.' } };
    return accept.includes('text/html')
      ? { status: 200, body: mail, html: mailPage(mail) }
      : { status: 200, body: mail };
  }

  private get parts(): NonNullable<typeof this.running> {
    if (!this.running) throw new TypeError('The stand-in has not been started.');
    return this.running;
  }
}

async function read(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function reply(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode });
}

function pause(ms = 0): Promise<void> {
  return new Promise((resolve) => (ms > 0 ? setTimeout(resolve, ms) : resolve()));
}
