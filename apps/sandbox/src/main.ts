import { AppError } from '@puente/kernel';
import { banner } from './banner';
import { readOptions, USAGE } from './sandbox-options';

async function main(): Promise<void> {
  const startedAt = performance.now();
  const options = readOptions(process.argv.slice(2), process.cwd(), process.env['DISPATCH_MODE']);
  if (!options) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  // A warning of the AWS SDK about Node versions of 2027, in the middle of the banner.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
  // Only now: a wrong option, or --help, is answered without loading all of Puente first.
  const { Sandbox } = await import('./sandbox');
  const sandbox = await Sandbox.open(options);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      process.stdout.write('Stopping …\n');
      sandbox.stop().then(() => process.exit(0), fail);
    });
  }
  process.stdout.write('Puente is starting …\n');
  try {
    const facts = await sandbox.start(process.env);
    process.stdout.write(banner(facts, ((performance.now() - startedAt) / 1000).toFixed(1), options.dataDir));
  } catch (error) {
    await sandbox.stop();
    throw error;
  }
}

function fail(error: unknown): never {
  const said =
    error instanceof AppError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${said}\n`);
  process.exit(1);
}

main().catch(fail);
