import type { EgressGuard } from '@puente/egress';
import { type OperationCall, presentableText } from '@puente/integrations';
import type { Secret } from '@puente/kernel';
import MailComposer from 'nodemailer/lib/mail-composer';
import { type SmtpAccount, SmtpSession } from './smtp-session';
import type { Connected, SendMail, Sent, SmtpConfig, SmtpSecrets } from './smtp.schemas';

type Call = Pick<OperationCall, 'cancel' | 'operationId' | 'dedupeKey'>;

/** Sends mail for one account: a connection for each, because mail servers end idle ones as they like. */
export class SmtpClient {
  constructor(
    private readonly secrets: Secret<SmtpSecrets>,
    private readonly config: SmtpConfig,
    private readonly egress: EgressGuard,
  ) {}

  /** @throws {SmtpFailedError} {@link EgressError} */
  async send(mail: SendMail, call: Call): Promise<Sent> {
    const { fromAddress } = this.config;
    const from = mail.from ?? fromAddress;
    // The same for every repeat of an operation: many readers show such mails once.
    const messageId =
      mail.messageId ?? `${call.operationId ?? call.dedupeKey}@${from.slice(from.lastIndexOf('@') + 1)}`;
    const bytes = await this.compose(mail, from, messageId);
    const response = presentableText(
      await new SmtpSession(this.account, call.cancel).send({ from, to: mail.to }, bytes),
    );
    return { messageId, ...(response === undefined ? {} : { response }) };
  }

  /** @throws as {@link send} */
  async check({ cancel }: Pick<OperationCall, 'cancel'>): Promise<Connected> {
    await new SmtpSession(this.account, cancel).check();
    return { security: this.config.security ?? 'starttls', authenticated: this.secrets.reveal().user !== undefined };
  }

  private compose({ to, subject, text, html }: SendMail, from: string, messageId: string): Promise<Buffer> {
    const name = from === this.config.fromAddress ? this.config.fromName : undefined;
    return new MailComposer({
      from: { address: from, name: name ?? '' },
      to: { address: to, name: '' },
      subject,
      messageId: `<${messageId}>`,
      ...(text === undefined ? {} : { text }),
      ...(html === undefined ? {} : { html }),
      headers: { 'Auto-Submitted': 'auto-generated' },
      // Content is text that tenants give: never a path or an address to be read.
      disableFileAccess: true,
      disableUrlAccess: true,
    })
      .compile()
      .build();
  }

  private get account(): SmtpAccount {
    return { secrets: this.secrets.reveal(), config: this.config, egress: this.egress };
  }
}
