import { appendFileSync } from 'node:fs';
import { StandInHost, type StandInReply, type StandInRequest } from '@puente/integrations/testing';
import { MqttStandIn } from '@puente/providers/mqtt/testing';
import { SmtpStandIn } from '@puente/providers/smtp/testing';
import { WebpayStandIn } from '@puente/providers/webpay/testing';

/** Webpay, with a line in a file for each request of its API that it carried out, whoever got the answer. */
class NotingWebpay extends WebpayStandIn {
  constructor(private readonly file: string) {
    super();
  }

  override async handle(request: StandInRequest): Promise<StandInReply> {
    const operation = this.operation(request);
    const token = /[0-9a-f]{64}/.exec(request.path)?.[0] ?? null;
    const begunMs = performance.now();
    const reply = await super.handle(request);
    const { status } = reply;
    const call = { operation, token, status, begunMs, endedMs: performance.now() };
    if (operation !== 'page') appendFileSync(this.file, `${JSON.stringify(call)}\n`);
    return reply;
  }
}

/** Webpay, the broker and the mail server as a process: nothing that happens to ours happens to what they remember. */
async function main(): Promise<void> {
  process.once('disconnect', () => process.exit(1));
  const { FAULT_DATABASE = '', FAULT_PORT = '0', FAULT_CALLS = '' } = process.env;
  const [mqtt, smtp] = [new MqttStandIn(0), new SmtpStandIn(0)];
  const parts = [new NotingWebpay(FAULT_CALLS), mqtt, smtp];
  const host = await StandInHost.start({ databaseUrl: FAULT_DATABASE, port: Number(FAULT_PORT), parts });
  process.once('SIGTERM', () => void host.stop().finally(() => process.exit(0)));
  process.send?.({ ready: true, url: host.url, mqtt: mqtt.brokerUrl, smtp: smtp.port });
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
