import { SANDBOX_BROKER_LOGIN } from '@puente/providers/mqtt/testing';
import { SANDBOX_MAIL_LOGIN } from '@puente/providers/smtp/testing';
import { DEMO_REGION } from './demo-names';
import type { SandboxFacts } from './sandbox-facts';

/** Where the stand-ins are. */
export interface AccountPlaces {
  readonly sandboxUrl: string;
  readonly mqttPort: number;
  readonly smtpPort: number;
}

interface Credentials {
  readonly secrets: Readonly<Record<string, unknown>>;
  readonly config: Readonly<Record<string, unknown>>;
}

/** The demo tenant's accounts, by provider. */
export function demoCredentials({
  sandboxUrl,
  mqttPort,
  smtpPort,
}: AccountPlaces): Readonly<Record<string, Credentials>> {
  const aws = {
    secrets: { accessKeyId: 'AKIDDEMO', secretAccessKey: 'demo' },
    config: { region: DEMO_REGION, endpoint: sandboxUrl },
  };
  const sender = { fromAddress: 'tienda@example.com', fromName: 'Tienda de prueba' };
  return {
    ...{ sqs: aws, sns: aws, lambda: aws },
    mqtt: { secrets: SANDBOX_BROKER_LOGIN, config: { url: brokerUrl(mqttPort), willTopic: 'puente/estado' } },
    odoo: {
      secrets: { apiKey: 'demo-odoo-key' },
      config: { url: `${sandboxUrl}/odoo/19`, database: 'puente', login: 'puente@example.com' },
    },
    smtp: { secrets: SANDBOX_MAIL_LOGIN, config: { host: '127.0.0.1', port: smtpPort, security: 'none', ...sender } },
  };
}

/** What people and scripts need in order to use the same broker and mailbox. */
export function accountFacts({ sandboxUrl, mqttPort, smtpPort }: AccountPlaces): Pick<SandboxFacts, 'mqtt' | 'smtp'> {
  const mailboxUrl = `${sandboxUrl}/_sandbox/smtp/received`;
  return {
    mqtt: { url: brokerUrl(mqttPort), ...SANDBOX_BROKER_LOGIN },
    smtp: { host: '127.0.0.1', port: smtpPort, ...SANDBOX_MAIL_LOGIN, mailboxUrl },
  };
}

function brokerUrl(port: number): string {
  return `mqtt://127.0.0.1:${String(port)}`;
}
