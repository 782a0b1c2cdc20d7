import { StandInHost } from '@puente/integrations/testing';
import { WebpayStandIn } from '@puente/providers/webpay/testing';

/** Webpay as a process of its own, on a database beside ours. */
async function main(): Promise<void> {
  process.once('disconnect', () => process.exit(0));
  const { WEBPAY_DATABASE_URL = '' } = process.env;
  const host = await StandInHost.start({ databaseUrl: WEBPAY_DATABASE_URL, port: 0, parts: [new WebpayStandIn()] });
  process.send?.({ ready: true, url: host.url });
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
