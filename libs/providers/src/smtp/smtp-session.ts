import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import { type EgressGuard, guardedConnection } from '@puente/egress';
import { type CancelSignal, type Failure, isOverdue, notSent, unknown } from '@puente/kernel';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { failureAfterContent, failureBeforeContent, SmtpFailedError } from './smtp.errors';
import type { SmtpConfig, SmtpSecrets } from './smtp.schemas';

/** A connection that is not there after this long, or a server that does not greet, is proof that nothing was sent. */
const CONNECT_MS = 3_000;
/** A net below the chain's own timeout per try, which is always shorter and the one that decides. */
const SILENCE_MS = 25_000;
/** Replies are lines; a server with more to say is none. */
const MAX_REPLY_BYTES = 64 * 1024;
const PORTS = { starttls: 587, tls: 465, none: 25 } as const;
const PROTOCOLS = { starttls: 'smtp+starttls:', tls: 'smtps:', none: 'smtp:' } as const;

export interface SmtpAccount {
  readonly secrets: SmtpSecrets;
  readonly config: SmtpConfig;
  readonly egress: EgressGuard;
}

/**
 * The content of a mail, which knows whether any of it was taken: the server has answered DATA with 354 by then. It is not
 * given when it is too late for it by then: without its end, no server takes a mail.
 */
class Content extends Readable {
  isBegun = false;

  constructor(
    private readonly bytes: Buffer,
    private readonly cancel: CancelSignal,
  ) {
    super();
  }

  override _read(): void {
    if (!this.isBegun && isOverdue(this.cancel)) {
      this.destroy(new SmtpFailedError(notSent('deadline')));
      return;
    }
    this.isBegun = true;
    this.push(this.bytes);
    this.push(null);
  }
}

/**
 * One connection to a mail server, for one mail or none, over nodemailer's own SMTP connection and a socket that the egress
 * guard let through. It knows how far it came: that is what tells a mail that was not sent from one that may have been.
 */
export class SmtpSession {
  private isBegun: () => boolean = () => false;
  private socket: Socket | undefined;
  private smtp: SMTPConnection | undefined;

  constructor(
    private readonly account: SmtpAccount,
    private readonly cancel: CancelSignal,
  ) {}

  /** @throws {SmtpFailedError} {@link EgressError} */
  async send(envelope: { readonly from: string; readonly to: string }, bytes: Buffer): Promise<string> {
    const content = new Content(bytes, this.cancel);
    this.isBegun = () => content.isBegun;
    return this.run(async (smtp) => {
      const { response } = await asked<{ response: string }>((done) => {
        content.on('error', done);
        smtp.send({ ...envelope, to: [envelope.to], size: bytes.length }, content, done);
      });
      return response;
    });
  }

  /** Connects, signs in and asks for a fresh start, which every server answers. @throws as {@link send} */
  async check(): Promise<void> {
    await this.run(async (smtp) => {
      this.isBegun = () => true;
      await asked((done) => {
        smtp.reset(done);
      });
    });
  }

  /** The whole session; nothing of it is left afterwards. */
  private run<T>(work: (smtp: SMTPConnection) => Promise<T>): Promise<T> {
    const { cancel } = this;
    if (cancel.aborted) return Promise.reject(new SmtpFailedError(notSent('deadline')));
    return new Promise<T>((resolve, reject) => {
      const giveUp = (): void => {
        reject(new SmtpFailedError(this.isBegun() ? unknown('timeout') : notSent('deadline')));
        this.drop();
      };
      cancel.addEventListener('abort', giveUp, { once: true });
      this.inTurn(work)
        .then(resolve, (error: unknown) => {
          reject(new SmtpFailedError(this.failureOf(error)));
        })
        .finally(() => {
          cancel.removeEventListener('abort', giveUp);
          this.drop();
        });
    });
  }

  private async inTurn<T>(work: (smtp: SMTPConnection) => Promise<T>): Promise<T> {
    const smtp = this.speaking(await this.connected());
    await new Promise<void>((resolve, reject) => {
      smtp.on('error', reject);
      smtp.connect((error) => {
        if (error) reject(error);
        else resolve();
      });
    });
    const result = await lostWith(
      smtp,
      this.signedIn(smtp).then(() => {
        if (isOverdue(this.cancel)) throw new SmtpFailedError(notSent('deadline'));
        return work(smtp);
      }),
    );
    smtp.quit();
    return result;
  }

  private async signedIn(smtp: SMTPConnection): Promise<void> {
    const { user, password } = this.account.secrets;
    if (user === undefined || password === undefined) return;
    await asked((done) => {
      smtp.login({ user, pass: password, credentials: { user, pass: password } }, done);
    });
  }

  private connected(): Promise<Socket> {
    const { host, port, security = 'starttls', ca } = this.account.config;
    const socket = guardedConnection(this.account.egress, {
      host,
      protocol: PROTOCOLS[security],
      port: port ?? PORTS[security],
      ...(security === 'tls' ? { tls: ca === undefined ? {} : { ca } } : {}),
    });
    this.socket = socket;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        socket.destroy(Object.assign(new Error('The connection was not there in time.'), { code: 'ETIMEDOUT' }));
      }, CONNECT_MS);
      socket.on('error', reject); // for good: nodemailer takes its own listeners away before the socket is gone
      socket.once('close', () => {
        clearTimeout(timer);
        reject(Object.assign(new Error('The connection was closed.'), { code: 'ECONNRESET' }));
      });
      socket.once(security === 'tls' ? 'secureConnect' : 'connect', () => {
        clearTimeout(timer);
        resolve(socket);
      });
    });
  }

  private speaking(connection: Socket): SMTPConnection {
    const { host, security = 'starttls', ca, fromAddress } = this.account.config;
    const isTls = security === 'tls';
    this.smtp = new SMTPConnection({
      connection,
      host,
      secure: isTls,
      secured: isTls,
      requireTLS: security === 'starttls',
      ignoreTLS: security === 'none',
      // Ours instead of this machine's name, which is nobody's business.
      name: fromAddress.slice(fromAddress.lastIndexOf('@') + 1),
      greetingTimeout: CONNECT_MS,
      socketTimeout: SILENCE_MS,
      maxResponseSize: MAX_REPLY_BYTES,
      logger: false,
      ...(ca === undefined ? {} : { tls: { ca } }),
    });
    return this.smtp;
  }

  private failureOf(error: unknown): Failure {
    if (error instanceof SmtpFailedError) return error.failure;
    return this.isBegun() ? failureAfterContent(error) : failureBeforeContent(error);
  }

  private drop(): void {
    this.smtp?.close();
    // A goodbye that was written is still read; what hangs is not waited for.
    if (isOverdue(this.cancel)) this.socket?.destroy();
  }
}

function asked<T>(ask: (done: (error?: Error | null, result?: T) => void) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    ask((error, result) => {
      if (error) reject(error);
      else resolve(result as T);
    });
  });
}

/**
 * What ends the connection ends the work, whether or not nodemailer tells its callback so. A moment later: of an answer
 * that comes with the end, such as 421, the callback is told first.
 */
function lostWith<T>(smtp: SMTPConnection, work: Promise<T>): Promise<T> {
  const lost = new Promise<never>((_resolve, reject) => {
    smtp.on('error', (error) => setImmediate(reject, error));
    smtp.on('end', () =>
      setImmediate(reject, Object.assign(new Error('The connection was closed.'), { code: 'ECONNECTION' })),
    );
  });
  return Promise.race([work, lost]);
}
