import { AwsAccess, StandInHost } from '@puente/integrations/testing';
import { SqsStandIn } from '@puente/providers/sqs/testing';
import { until } from '../../support/sandbox-until';

/** SQS as a process of its own, on a database beside ours: a crash of PostgreSQL takes it along, as a bad day would. */
async function main(): Promise<void> {
  process.once('disconnect', () => process.exit(1));
  const { FAULT_QUEUE_DATABASE = '', FAULT_PORT = '0' } = process.env;
  const start = (): Promise<StandInHost> => {
    const aws = new AwsAccess();
    const parts = [aws, new SqsStandIn(aws)];
    return StandInHost.start({ databaseUrl: FAULT_QUEUE_DATABASE, port: Number(FAULT_PORT), parts });
  };
  const host = await until(start, { withinMs: 60_000, everyMs: 200, what: 'the database is there' });
  process.once('SIGTERM', () => void host.stop().finally(() => process.exit(0)));
  process.send?.({ ready: true, url: host.url });
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
