import type { ControlRoute, SandboxServices } from '@puente/integrations/testing';
import { z } from 'zod';
import type { Subscription } from './topic-store';

const Settings = z.strictObject({ autoConfirmEmail: z.boolean() });

interface InboxRow extends Record<string, unknown> {
  readonly at: Date;
  readonly protocol: string;
  readonly endpoint: string;
  readonly subject: string | null;
  readonly message: string;
  readonly message_id: string | null;
  readonly topic_arn: string | null;
}

/**
 * Where e-mails and text messages arrive: `GET /_sandbox/sns/inbox`. E-mail subscriptions are confirmed at once, so
 * that a demo needs no mailbox; `POST /_sandbox/sns/settings {autoConfirmEmail: false}` makes them wait for
 * ConfirmSubscription as in real life, and the confirmation mail with its token arrives here.
 */
export class SnsInbox {
  private confirmAtOnce = true;

  constructor(
    private readonly services: SandboxServices,
    private readonly part: string,
  ) {}

  get autoConfirmEmail(): boolean {
    return this.confirmAtOnce;
  }

  async load(): Promise<void> {
    const rows = await this.services.database.query<{ value: unknown }>(
      `SELECT value FROM sns_settings WHERE name = 'settings'`,
    );
    this.confirmAtOnce = Settings.safeParse(rows[0]?.value).data?.autoConfirmEmail ?? true;
  }

  async askForConfirmation(topicArn: string, { protocol, endpoint, token }: Subscription, host: string): Promise<void> {
    const query = new URLSearchParams({
      Action: 'ConfirmSubscription',
      Version: '2010-03-31',
      TopicArn: topicArn,
      Token: token,
    });
    const message = `You have chosen to subscribe to the topic:\n${topicArn}\n\nTo confirm this subscription, visit:\nhttp://${host}/?${query.toString()}\n`;
    await this.services.database.query(
      `INSERT INTO sns_inbox (at, protocol, endpoint, subject, message, topic_arn)
       VALUES (sandbox_now($1), $2, $3, 'AWS Notification - Subscription Confirmation', $4, $5)`,
      [this.services.clock.offsetMs(this.part), protocol, endpoint, message, topicArn],
    );
  }

  routes(): ControlRoute[] {
    return [
      {
        method: 'GET',
        path: 'inbox',
        summary: 'E-mails and text messages, oldest first. ?endpoint=<address or number>',
        handle: async ({ query }) => ({ status: 200, body: await this.list(query.get('endpoint')) }),
      },
      {
        method: 'GET',
        path: 'settings',
        summary: 'How SNS is set.',
        handle: async () => ({ status: 200, body: this.settings() }),
      },
      {
        method: 'POST',
        path: 'settings',
        summary: '{autoConfirmEmail}: whether an e-mail subscription is confirmed at once (it is by default).',
        handle: async ({ body }) => {
          await this.change(Settings.parse(body));
          return { status: 200, body: this.settings() };
        },
      },
    ];
  }

  private settings(): z.output<typeof Settings> {
    return { autoConfirmEmail: this.confirmAtOnce };
  }

  private async change(settings: z.output<typeof Settings>): Promise<void> {
    await this.services.database.query(
      `INSERT INTO sns_settings (name, value) VALUES ('settings', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
      [JSON.stringify(settings)],
    );
    this.confirmAtOnce = settings.autoConfirmEmail;
  }

  private async list(endpoint: string | null): Promise<object[]> {
    const rows = await this.services.database.query<InboxRow>(
      `SELECT at, protocol, endpoint, subject, message, message_id, topic_arn FROM sns_inbox
        WHERE $1::text IS NULL OR endpoint = $1 ORDER BY id`,
      [endpoint],
    );
    return rows.map((row) => ({
      at: row.at.toISOString(),
      protocol: row.protocol,
      endpoint: row.endpoint,
      ...(row.subject === null ? {} : { subject: row.subject }),
      message: row.message,
      ...(row.message_id === null ? {} : { messageId: row.message_id }),
      ...(row.topic_arn === null ? {} : { topicArn: row.topic_arn }),
    }));
  }
}
